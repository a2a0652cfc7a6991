# SPDX-License-Identifier: Apache-2.0
"""Judges plan cases: whether a runner sends what the plan says, each command
to its node and in its order."""

import base64

from judge import cases
from judge.comparison import differences
from judge.fake_node import RecordingNode
from judge.fake_planner import FakePlanner
from judge.journal import Journal
from judge.masking import Masking
from judge.runner import Runner
from judge.text import from_bytes

_TIMEOUT_MS = 10_000
_ANSWERED_OK = ('WATCH', 'UNWATCH')


def commands_by_node(commands: list[list[str]], plan: dict) -> dict:
    """What each node must receive, by its name and whether over a connection
    in READONLY mode."""
    literals = [
        from_bytes(base64.b64decode(text)) for text in plan.get('literals', [])
    ]
    received: dict[tuple[str, bool], list[list[str]]] = {}
    for stage in plan.get('stages', []):
        for node_plan in stage['nodePlans']:
            target = (
                node_plan['node']['host'],
                node_plan.get('requiresReadonly', False),
            )
            for planned in node_plan['commands']:
                args = commands[planned.get('commandIndex', 0)]
                indexes = planned.get('argIndexes', range(len(args)))
                received.setdefault(target, []).append(
                    [args[i] if i >= 0 else literals[-1 - i] for i in indexes]
                )
    return received


def expected_results(commands: list[list[str]], plan: dict) -> list[dict]:
    """By command: its refusal, or else its reply from nodes that answer every
    command alike."""
    results = []
    for args, command_plan in zip(commands, plan['commandPlans'], strict=True):
        if refusal := command_plan.get('refusal'):
            reply = {'error': f'REFUSED {refusal["message"]}'}
            results.append({'reply': reply, 'refusal': refusal})
        elif args[0].upper() in _ANSWERED_OK:
            results.append({'reply': {'string': 'OK'}})
        else:
            results.append({'reply': {'error': 'ERR conformance'}})
    return results


class PlanJudge:
    def __init__(self, runner: Runner, planner: FakePlanner, masking: Masking):
        self._runner = runner
        self._planner = planner
        self._masking = masking

    async def judge(self, case: dict) -> list[str]:
        journal = Journal()
        plan = case['response']
        request = dict(case['request'])
        commands = request.pop('commands')
        sent = commands_by_node(commands, plan)
        nodes = {name: RecordingNode(name, journal) for name, _ in sent}
        for (name, readonly), due in sent.items():
            nodes[name].expected[readonly] = due
        try:
            for node in nodes.values():
                await node.start()
            endpoints = {name: node.endpoint for name, node in nodes.items()}
            self._planner.begin(
                journal, [cases.place_plan(plan, endpoints)], False, None
            )
            answer = await self._runner.ask(
                {
                    'op': 'execute',
                    'commands': commands,
                    'options': {'timeout_ms': _TIMEOUT_MS, **request},
                },
                timeout_seconds=_TIMEOUT_MS / 1000 + 10,
            )
        finally:
            for node in nodes.values():
                await node.stop()
        faults = journal.faults
        for name, node in nodes.items():
            for readonly, received in node.received.items():
                mode = ', READONLY' if readonly else ''
                faults += differences(
                    node.expected[readonly],
                    received,
                    f'what node {name}{mode} received',
                )
        masked = [self._masking.mask(args) for args in commands]
        faults += differences(
            [masked],
            [seen['commands'] for seen in self._planner.plan_requests],
            'plan_requests',
        )
        results = answer.get('results', answer)
        if isinstance(results, list):  # Parts are for execution cases.
            results = [
                {n: v for n, v in result.items() if n in ('reply', 'refusal')}
                for result in results
            ]
        return faults + differences(
            expected_results(commands, plan), results, 'results'
        )
