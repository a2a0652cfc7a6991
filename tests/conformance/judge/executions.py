# SPDX-License-Identifier: Apache-2.0
"""Judges execution cases: what the planner and the nodes got, and what the
runner answered."""

import asyncio

from judge import cases
from judge.comparison import differences
from judge.fake_node import RefusingNode, ScriptedNode
from judge.fake_planner import FakePlanner
from judge.journal import Journal
from judge.masking import Masking
from judge.runner import Runner

_REFUSES = 'refuses connections'
_TIMEOUT_MS = 10_000
_RUN_MEMBERS = {
    'commands', 'options', 'plans', 'repeat_last_plan', 'plan_requests',
    'reports', 'results', 'error', 'wait_ms',
}  # fmt: skip
_CASE_MEMBERS = {'name', 'rules', 'about', 'key_positions', 'nodes', 'runs'}


def runs_of(case: dict) -> list[dict]:
    """One after the other; a case with one run has its members itself."""
    runs = case.get('runs', [case])
    unknown = case.keys() - _CASE_MEMBERS - _RUN_MEMBERS
    for run in runs:
        unknown |= run.keys() - _CASE_MEMBERS - _RUN_MEMBERS
    if unknown:
        raise ValueError(f'a case has {sorted(unknown)}')
    return runs


class ExecutionJudge:
    def __init__(self, runner: Runner, planner: FakePlanner, masking: Masking):
        self._runner = runner
        self._planner = planner
        self._masking = masking
        # Of the last case: where its nodes were, and what was answered.
        self.endpoints: dict[str, str] = {}
        self.answers: list[dict] = []

    async def judge(self, case: dict) -> list[str]:
        """What is wrong."""
        journal = Journal()
        nodes: dict[str, RefusingNode | ScriptedNode] = {}
        self.answers = []
        self._planner.begin(journal, [], False, case.get('key_positions'))
        try:
            await self._start_nodes(case, journal, nodes)
            for i, run in enumerate(runs_of(case)):
                await asyncio.sleep(run.get('wait_ms', 0) / 1000)
                name = f'runs[{i}].' if 'runs' in case else ''
                await self._judge_run(name, run, journal)
            scripted = [
                node
                for node in nodes.values()
                if isinstance(node, ScriptedNode)
            ]
            await journal.wait_for(
                lambda: all(node.is_done for node in scripted), seconds=2
            )
            missing = [node.missing() for node in scripted]
            return journal.faults + [text for text in missing if text]
        finally:
            for node in nodes.values():
                await node.stop()

    async def _start_nodes(self, case, journal: Journal, nodes: dict) -> None:
        scripts = case.get('nodes', {})
        for name, script in scripts.items():
            if script == _REFUSES:
                nodes[name] = RefusingNode()
            else:
                nodes[name] = ScriptedNode(name, journal, nodes)
                await nodes[name].start()
        self.endpoints = {name: node.endpoint for name, node in nodes.items()}
        for name, script in scripts.items():
            if script != _REFUSES:
                nodes[name].load(cases.place(script, self.endpoints))

    async def _judge_run(self, name: str, run: dict, journal: Journal) -> None:
        self._planner.next_run(
            [
                cases.place_plan(plan, self.endpoints)
                for plan in run.get('plans', [])
            ],
            run.get('repeat_last_plan', False),
        )
        options = {'timeout_ms': _TIMEOUT_MS, **run.get('options', {})}
        answer = await self._runner.ask(
            {
                'op': 'execute',
                'commands': cases.place(run['commands'], self.endpoints),
                'options': options,
            },
            # A deadline is a deadline.
            timeout_seconds=options['timeout_ms'] / 1000 + 10,
        )
        self.answers.append(answer)
        expected = {
            member: cases.place(run[member], self.endpoints)
            for member in ('results', 'error')
            if member in run
        }
        for fault in differences(expected, answer, f'{name}answer'):
            journal.fault(fault)
        self._judge_planner_calls(name, run, journal)
        await self._judge_reports(name, run, journal)

    def _judge_planner_calls(self, name, run: dict, journal: Journal) -> None:
        expected = [
            self._planned(request, run)
            for request in run.get('plan_requests', [{}])
        ]
        actual = self._planner.plan_requests
        if run.get('repeat_last_plan'):
            expected += [expected[-1]] * (len(actual) - len(expected))
        for fault in differences(expected, actual, f'{name}plan_requests'):
            journal.fault(fault)

    def _planned(self, request: dict, run: dict) -> dict:
        """With what `plan_requests` leaves out: the commands of the run, and
        options that go along. What is planned again asks for primaries."""
        options = run.get('options', {})
        is_first = 'outdated_topology_version' not in request
        copied = ['cluster', 'client_zone', 'split_policy']
        if is_first:
            copied.append('read_preference')
        full = {n: options[n] for n in copied if options.get(n)}
        full |= cases.place(request, self.endpoints)
        if 'commands' not in full:
            full['commands'] = [
                self._masking.mask(args)
                for args in cases.place(run['commands'], self.endpoints)
            ]
        for member, default in (
            ('read_preference', 'READ_PREFERENCE_PRIMARY'),
            ('split_policy', 'SPLIT_POLICY_SPLIT'),
            ('outdated_topology_version', ''),
        ):
            if full.get(member) == default:
                del full[member]
        return full

    async def _judge_reports(self, name, run: dict, journal: Journal) -> None:
        expected = cases.place(run.get('reports', []), self.endpoints)
        planner = self._planner
        if expected == 'any':
            return
        # A client may report while it answers already.
        await journal.wait_for(
            lambda: len(planner.reports) >= len(expected), seconds=2
        )
        for fault in differences(expected, planner.reports, f'{name}reports'):
            journal.fault(fault)
