# SPDX-License-Identifier: Apache-2.0
"""Judges slots cases, and the cases themselves."""

from judge.comparison import differences
from judge.hash_slot import hash_tag, key_slot
from judge.runner import Runner
from judge.text import to_bytes


class SlotsJudge:
    def __init__(self, runner: Runner):
        self._runner = runner

    async def judge(self, case: dict) -> list[str]:
        keys = [to_bytes(key) for key in case['keys']]
        expected = {'slots': case['slots'], 'hash_tags': case['hash_tags']}
        computed = {
            'slots': [key_slot(key) for key in keys],
            'hash_tags': [hash_tag(key) for key in keys],
        }
        faults = differences(expected, computed, 'the case itself')
        answer = await self._runner.ask(
            {'op': 'key_slot', 'keys': case['keys']}, timeout_seconds=10
        )
        return faults + differences(expected, answer, 'answer')
