#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What docs/kubernetes.md tells people to write, written."""

import json
import pathlib
import re
import shlex
import subprocess
import tempfile
import textwrap
import unittest

import grpc
import manifest_rules
import yaml
from manifests import DEPLOY, ROOT, TOOLS, Manifests, kustomize, parse
from server_fixture import Server

from slotplanner.v1 import slot_planner_service_pb2 as api
from slotplanner.v1 import slot_planner_service_pb2_grpc as services

_TEXT = (ROOT / 'docs/kubernetes.md').read_text(encoding='utf-8')


def _blocks(language: str) -> list[str]:
    return [
        textwrap.dedent(block)
        for block in re.findall(rf'```{language}\n(.*?)```', _TEXT, re.S)
    ]


def _commands(program: str) -> list[list[str]]:
    return [
        shlex.split(line)
        for line in re.findall(rf'^ {{4,}}({program} .*)$', _TEXT, re.M)
    ]


def _rendered(kustomization: dict) -> list[dict]:
    """What an overlay of ours with the settings of production gives."""
    with tempfile.TemporaryDirectory() as directory:
        overlay = pathlib.Path(directory) / 'overlays' / 'mine'
        overlay.mkdir(parents=True)
        for folder in ('base', 'components'):
            (overlay.parents[1] / folder).symlink_to(DEPLOY / folder)
        (overlay / 'kustomization.yaml').write_text(
            yaml.safe_dump(kustomization), encoding='utf-8'
        )
        (overlay / 'server.yaml').write_text(
            (DEPLOY / 'base/server.yaml').read_text(encoding='utf-8'),
            encoding='utf-8',
        )
        return parse(kustomize(overlay))


class DocsTest(unittest.TestCase):
    def test_the_overlay_is_complete(self):
        overlay, _ = map(yaml.safe_load, _blocks('yaml'))
        self.assertEqual(manifest_rules.problems(_rendered(overlay)), {})

    def test_settings_can_be_without_a_hash(self):
        overlay, change = map(yaml.safe_load, _blocks('yaml'))
        manifests = Manifests(_rendered({**overlay, **change}))
        self.assertIsNotNone(manifests.find('ConfigMap', 'slotplanner-config'))
        self.assertEqual(manifest_rules.problems(manifests.objects), {})

    def test_grpc_takes_the_service_config(self):
        (config,) = _blocks('json')
        server = Server('static:3')
        try:
            port = server.address.rpartition(':')[2]
            with grpc.insecure_channel(
                f'dns:///localhost:{port}',
                options=[('grpc.service_config', config)],
            ) as channel:
                stub = services.SlotPlannerServiceStub(channel)
                response = stub.Keyslot(
                    api.KeyslotRequest(key=b'foo'),
                    timeout=30,
                    wait_for_ready=True,
                )
            # From the cluster specification, "Keys hash tags".
            self.assertEqual(response.slot, 12182)
        finally:
            server.stop()

    def test_the_service_config_names_what_is_there(self):
        config = json.loads(_blocks('json')[0])
        service = api.DESCRIPTOR.services_by_name['SlotPlannerService']
        self.assertEqual(
            config['healthCheckConfig']['serviceName'], service.full_name
        )
        self.assertEqual(
            config['methodConfig'][0]['name'],
            [{'service': service.full_name}],
        )

    def test_secrets_are_made_as_it_says(self):
        secrets = []
        with tempfile.TemporaryDirectory() as directory:
            for name in ('password', 'tls.crt', 'tls.key', 'ca.crt'):
                (pathlib.Path(directory) / name).write_text('x')
            for command in _commands('kubectl'):
                if 'create' not in command:
                    continue
                result = subprocess.run(
                    [
                        TOOLS / 'bin/kubectl',
                        *command[1:],
                        *('--dry-run=client', '--output=json'),
                    ],
                    cwd=directory,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    check=True,
                )
                secret = json.loads(result.stdout)
                secrets.append((secret['metadata']['name'], *secret['data']))
        self.assertCountEqual(
            secrets,
            [
                ('slotplanner-redis', 'password'),
                ('slotplanner-tls', 'ca.crt', 'tls.crt', 'tls.key'),
            ],
        )

    def test_files_that_it_names_are_there(self):
        named = set(
            re.findall(
                r'(?:deploy/kubernetes/)?'
                r'((?:base|components|overlays|examples)/[\w/.]*\w)',
                _TEXT,
            )
        )
        named = {name for name in named if 'overlays/mine' not in name}
        self.assertGreater(len(named), 8)
        for name in named:
            self.assertTrue((DEPLOY / name).exists(), name)

    def test_its_figures_are_those_of_the_manifests(self):
        manifests = Manifests(parse(kustomize(DEPLOY / 'base')))
        (planner,) = manifests.planners()
        figures = re.findall(
            r'`(\w+)` \((\d+) s\)', _TEXT.replace('\n', ' ')
        )
        self.assertGreaterEqual(len(figures), 3)
        for setting, seconds in figures:
            with self.subTest(setting):
                self.assertEqual(
                    planner.pod['spec'][setting]
                    if setting == 'terminationGracePeriodSeconds'
                    else planner.duration(setting),
                    int(seconds),
                )


if __name__ == '__main__':
    unittest.main()
