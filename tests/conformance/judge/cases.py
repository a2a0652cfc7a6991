# SPDX-License-Identifier: Apache-2.0
"""The cases, as their files have them."""

import dataclasses
import fnmatch
import json
import pathlib

FOLDER = pathlib.Path(__file__).parents[1]
KINDS = ('slots', 'plans', 'executions')


@dataclasses.dataclass(frozen=True)
class Case:
    kind: str
    file: pathlib.Path
    content: dict

    @property
    def name(self) -> str:
        """As in `executions/merging/mget_keeps_the_order`."""
        return f'{self.kind}/{self.file.stem}/{self.content["name"]}'


def load(pattern: str) -> list[Case]:
    """Those whose name `pattern` matches, or is a part of."""
    cases = []
    for kind in KINDS:
        for file in sorted((FOLDER / 'cases' / kind).glob('*.json')):
            for content in json.loads(file.read_text()):
                cases.append(Case(kind, file, content))
    names = [case.name for case in cases]
    if len(set(names)) != len(names):
        raise ValueError('two cases have one name')
    return [
        case
        for case in cases
        if pattern in case.name or fnmatch.fnmatch(case.name, pattern)
    ]


def key_positions() -> dict:
    """What the planner answers where a case does not say something else."""
    return json.loads((FOLDER / 'key_positions.json').read_text())


def place(value, endpoints: dict[str, str]):
    """`value` with `${NAME}` and `${NAME.port}` in every string replaced by
    where that node is."""
    if isinstance(value, dict):
        return {key: place(member, endpoints) for key, member in value.items()}
    if isinstance(value, list):
        return [place(element, endpoints) for element in value]
    if isinstance(value, str) and '${' in value:
        for name, endpoint in endpoints.items():
            port = endpoint.rpartition(':')[2]
            value = value.replace('${' + name + '}', endpoint)
            value = value.replace('${' + name + '.port}', port)
    return value


def place_plan(plan: dict, endpoints: dict[str, str]) -> dict:
    """A plan in protobuf's JSON form with the endpoints of its nodes, which a
    case names by `host` alone."""
    placed = place(plan, endpoints)
    for stage in placed.get('stages', []):
        for node_plan in stage.get('nodePlans', []):
            node = node_plan['node']
            if node.get('host') in endpoints:
                host, _, port = endpoints[node['host']].rpartition(':')
                node |= {'host': host, 'port': int(port)}
    return placed
