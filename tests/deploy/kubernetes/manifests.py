# SPDX-License-Identifier: Apache-2.0
"""The objects that kustomize makes of deploy/kubernetes."""

import copy
import dataclasses
import functools
import json
import os
import pathlib
import re
import subprocess
from collections.abc import Iterator

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
DEPLOY = ROOT / 'deploy' / 'kubernetes'
TOOLS = pathlib.Path(os.environ['SLOTPLANNER_KUBERNETES_TOOLS'])

# What people apply, each with components of its own.
COMPLETE = ('overlays/dev', 'overlays/production', 'examples/application')

_TIMEOUT_SECONDS = 60
_DURATION = re.compile(r'(\d+)(ms|s|m|h)')
_SECONDS = {'ms': 0.001, 's': 1, 'm': 60, 'h': 3600}
_BYTES = {'Ki': 2**10, 'Mi': 2**20, 'Gi': 2**30}


def parse(text: str) -> list[dict]:
    """The objects of a YAML stream."""
    return list(yaml.load_all(text, Loader=yaml.CSafeLoader))


def kustomize(directory: pathlib.Path) -> str:
    return subprocess.run(
        [TOOLS / 'bin' / 'kubectl', 'kustomize', directory],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=True,
    ).stdout


@functools.cache
def _rendered(folder: str) -> list[dict]:
    return parse(kustomize(DEPLOY / folder))


def rendered(folder: str) -> list[dict]:
    """A copy of the objects of a folder of deploy/kubernetes."""
    return copy.deepcopy(_rendered(folder))


def schema_problems(objects: list[dict]) -> list[list[str]]:
    """What is wrong with each object by the schemas of Kubernetes."""
    result = subprocess.run(
        ['node', pathlib.Path(__file__).with_name('check_schemas.js')],
        env={**os.environ, 'NODE_PATH': str(TOOLS / 'node_modules')},
        input=json.dumps(objects),
        stdout=subprocess.PIPE,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=True,
    )
    return json.loads(result.stdout)


def seconds(duration: str) -> float:
    return sum(
        int(number) * _SECONDS[unit]
        for number, unit in _DURATION.findall(duration)
    )


def byte_count(quantity: str) -> int:
    return int(quantity[:-2]) * _BYTES[quantity[-2:]]


def name_of(thing: dict) -> str:
    return f'{thing["kind"]}/{thing["metadata"]["name"]}'


def is_in(selector: dict, labels: dict) -> bool:
    """Whether `labels` have all that the matchLabels `selector` says; an empty
    selector would choose everything, which nothing of ours means."""
    return bool(selector) and selector.items() <= labels.items()


@dataclasses.dataclass(frozen=True)
class Planner:
    """A container of slotplanner, and the pod that it is in."""

    container: dict
    pod: dict  # The pod template.
    flags: dict[str, str]
    settings: dict  # What server.yaml says.

    def duration(self, name: str) -> float:
        return seconds(self.flags[name])

    def has_tls(self) -> bool:
        return 'grpc_tls_certificate_file' in self.flags

    def on_tcp(self) -> bool:
        return not self.flags['grpc_listen'].startswith('unix:')

    def files(self) -> list[str]:
        """The files and sockets that its flags and settings name."""
        found = [
            value.removeprefix('unix:')
            for value in self.flags.values()
            if value.removeprefix('unix:').startswith('/')
        ]

        def collect(value: object) -> None:
            if isinstance(value, dict):
                for key, inner in value.items():
                    if key.endswith('_file'):
                        found.append(inner)
                    collect(inner)
            elif isinstance(value, list):
                for inner in value:
                    collect(inner)

        collect(self.settings)
        return found


class Manifests:
    """Objects, by what one asks them."""

    def __init__(self, objects: list[dict]):
        self.objects = objects

    def of_kind(self, kind: str) -> list[dict]:
        return [thing for thing in self.objects if thing['kind'] == kind]

    def find(self, kind: str, name: str) -> dict | None:
        for thing in self.of_kind(kind):
            if thing['metadata']['name'] == name:
                return thing
        return None

    def pods(self) -> list[dict]:
        """The pod templates."""
        return [
            deployment['spec']['template']
            for deployment in self.of_kind('Deployment')
        ]

    def planners(self) -> Iterator[Planner]:
        for pod in self.pods():
            for container in containers_of(pod):
                if container['name'] == 'slotplanner':
                    yield Planner(
                        container,
                        pod,
                        _flags(container),
                        self._settings(pod),
                    )

    def _settings(self, pod: dict) -> dict:
        for volume in pod['spec'].get('volumes', []):
            config_map = self.find(
                'ConfigMap', volume.get('configMap', {}).get('name', '')
            )
            if config_map and 'server.yaml' in config_map['data']:
                return yaml.safe_load(config_map['data']['server.yaml'])
        return {}


def containers_of(pod: dict) -> list[dict]:
    return [*pod['spec'].get('initContainers', []), *pod['spec']['containers']]


def _flags(container: dict) -> dict[str, str]:
    flags = {}
    for argument in container.get('args', []):
        name, _, value = argument.removeprefix('--').partition('=')
        flags[name] = value
    return flags
