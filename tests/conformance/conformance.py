#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Judges a client of slotplanner by the cases in this folder. README.md says
what a runner is and what the cases mean."""

import argparse
import asyncio
import pathlib
import sys

from judge import cases

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'support'))

import api_stubs  # noqa: E402

api_stubs.provide()

# These need the stubs.
from judge.executions import ExecutionJudge  # noqa: E402
from judge.fake_planner import FakePlanner  # noqa: E402
from judge.masking import Masking  # noqa: E402
from judge.plans import PlanJudge  # noqa: E402
from judge.runner import Runner, RunnerError  # noqa: E402
from judge.slots import SlotsJudge  # noqa: E402


class Session:
    """A planner and a runner that calls it."""

    def __init__(self, command: list[str]):
        self._positions = cases.key_positions()
        self._command = command
        self.planner = FakePlanner(self._positions)

    async def __aenter__(self):
        await self.planner.start()
        self.runner = Runner(self._command, self.planner.target)
        masking = Masking(self._positions)
        parts = (self.runner, self.planner, masking)
        self.judges = {
            'slots': SlotsJudge(self.runner),
            'plans': PlanJudge(*parts),
            'executions': ExecutionJudge(*parts),
        }
        return self

    async def __aexit__(self, *error) -> None:
        await self.runner.kill()
        await self.planner.stop()

    async def judge(self, case: cases.Case) -> list[str]:
        try:
            return await self.judges[case.kind].judge(case.content)
        except RunnerError as error:
            return [str(error)]


async def _judge_alone(command: list[str], case: cases.Case) -> list[str]:
    """For a case that wants a runner which knows nothing yet."""
    async with Session(command) as session:
        faults = await session.judge(case)
        try:
            await session.runner.stop()
        except RunnerError as error:
            faults.append(str(error))
        return faults


async def _judge_unknown_operation(session: Session) -> list[str]:
    try:
        answer = await session.runner.ask({'op': 'no_such_operation'}, 10)
    except RunnerError as error:
        return [str(error)]
    if answer.get('error', {}).get('code') == 'UNIMPLEMENTED':
        return []
    return [f'an operation that it cannot know was answered {answer}']


class Tally:
    def __init__(self, verbose: bool):
        self._verbose = verbose
        self.passed = 0
        self.failed = 0

    def count(self, name: str, faults: list[str]) -> None:
        """One line for each fault."""
        if faults:
            self.failed += 1
            for fault in faults:
                print(f'FAILED {name}: {fault}', flush=True)
        else:
            self.passed += 1
            if self._verbose:
                print(f'passed {name}', flush=True)


async def _run(command: list[str], pattern: str, tally: Tally) -> None:
    async with Session(command) as session:
        for case in cases.load(pattern):
            if 'key_positions' in case.content:
                faults = await _judge_alone(command, case)
            else:
                faults = await session.judge(case)
            tally.count(case.name, faults)
        name = 'runner/unknown_operation'
        if pattern in name:
            tally.count(name, await _judge_unknown_operation(session))
        name = 'runner/ends_with_its_input'
        if pattern in name:
            try:
                await session.runner.stop()
                tally.count(name, [])
            except RunnerError as error:
                tally.count(name, [str(error)])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--filter',
        default='',
        metavar='PATTERN',
        help='only cases whose name, KIND/FILE/NAME, contains or matches it',
    )
    parser.add_argument(
        '--verbose', action='store_true', help='also name what passed'
    )
    parser.add_argument('runner', nargs='+', help='after --: a command line')
    arguments = parser.parse_args()
    tally = Tally(arguments.verbose)
    asyncio.run(_run(arguments.runner, arguments.filter, tally))
    print(f'{tally.passed} passed, {tally.failed} failed')
    # A pattern that nothing matches proves nothing.
    return 0 if tally.passed and not tally.failed else 1


if __name__ == '__main__':
    sys.exit(main())
