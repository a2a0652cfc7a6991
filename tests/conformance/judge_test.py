# SPDX-License-Identifier: Apache-2.0
"""The judge sees what is wrong: what passes everything proves nothing."""

import asyncio
import pathlib
import sys
import unittest

from judge import cases
from judge.comparison import differences
from judge.fake_node import ScriptedNode
from judge.hash_slot import hash_tag, key_slot
from judge.journal import Journal
from judge.masking import Masking
from judge.recording import record
from judge.text import format_json

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / 'support'))

import api_stubs  # noqa: E402

api_stubs.provide()

from judge.executions import ExecutionJudge  # noqa: E402
from judge.fake_planner import FakePlanner  # noqa: E402
from judge.plans import commands_by_node, expected_results  # noqa: E402

_POSITIONS = {
    'commands': [
        {'command': 'box', 'isContainer': True},
        {'command': 'box|open', 'ranges': [{'first': 2, 'last': 2, 'step': 1}]},
        {
            'command': 'eval',
            'ranges': [{'first': 3, 'step': 1, 'countIndex': 2}],
        },
        {'command': 'mset', 'ranges': [{'first': 1, 'last': -1, 'step': 2}]},
        {
            'command': 'migrate',
            'readsAll': True,
            'hidden': [{'word': 'auth', 'first': 2, 'count': 1}],
        },
    ]
}


def wire(*commands: list[str]) -> bytes:
    text = ''
    for command in commands:
        text += f'*{len(command)}\r\n'
        text += ''.join(f'${len(arg)}\r\n{arg}\r\n' for arg in command)
    return text.encode('latin-1')


class ComparisonTest(unittest.TestCase):
    def test_equal_values_do_not_differ(self):
        for value in (None, '5', {'a': [1, {'b': None}]}, []):
            self.assertEqual(differences(value, value, 'x'), [])

    def test_every_difference_is_told(self):
        for expected, actual in (
            ({'reply': None}, {}),
            ({}, {'reply': None}),
            ({'integer': '5'}, {'integer': 5}),
            ({'string': '5'}, {'integer': '5'}),
            ([1, 2], [1]),
            ([1, 2], [2, 1]),
            (None, ''),
            (True, 1),
            ({'string': 'a*'}, {'string': 'ab'}),
        ):
            self.assertNotEqual(differences(expected, actual, 'x'), [])

    def test_a_star_is_any_text_of_an_error(self):
        expected = {'error': 'PARTFAILED part 0 on a: *; applied: b'}
        for text, fits in (
            ('PARTFAILED part 0 on a: reset\nby peer; applied: b', True),
            ('PARTFAILED part 0 on a: reset', False),
            ('PARTFAILED part 1 on a: reset; applied: b', False),
        ):
            faults = differences(expected, {'error': text}, 'x')
            self.assertEqual(faults == [], fits, text)

    def test_any_of_is_one_of_them(self):
        expected = {'any_of': [{'a': 1}, {'b': 2}]}
        self.assertEqual(differences(expected, {'b': 2}, 'x'), [])
        self.assertNotEqual(differences(expected, {'a': 2}, 'x'), [])


class HashSlotTest(unittest.TestCase):
    def test_known_answers(self):  # Rules A1, A2, A4.
        for key, slot, tag in (
            (b'', 0, None),
            (b'123456789', 12739, None),
            (b'foo', 12182, None),
            (b'{user:1}:profile', 10778, [1, 6]),
            (b'{}{a}', 13650, None),
            (b'foo{{bar}}zap', 4015, [4, 4]),
            (b'a}{b}c', 3300, [3, 1]),
            (b'\xff\xfe', 3374, None),
        ):
            self.assertEqual((key_slot(key), hash_tag(key)), (slot, tag))


class MaskingTest(unittest.TestCase):
    def test_leaves_out_what_is_not_read(self):
        masking = Masking(_POSITIONS)
        for args, masked in (
            (['mSet', 'a', '1', 'b', '2'], ['mSet', 'a', '', 'b', '']),
            (['EVAL', 's', '1', 'k', 'x'], ['EVAL', '', '1', 'k', '']),
            (['EVAL', 's', '3', 'k', 'x'], ['EVAL', '', '3', '', '']),
            (['EVAL', 's', '01', 'k'], ['EVAL', '', '01', '']),
            (['BOX', 'Open', 'k', 'v'], ['BOX', 'Open', 'k', '']),
            (['BOX', 'shut', 'k', 'v'], ['BOX', 'shut', '', '']),
            (['box|open', 'x', 'k'], ['box|open', '', '']),
            (['NEW', 'k', 'v'], ['NEW', '', '']),
            (['MIGRATE', 'h', 'Auth', 'p'], ['MIGRATE', 'h', 'Auth', '']),
        ):
            self.assertEqual(masking.mask(args), masked)


class PlanTest(unittest.TestCase):
    PLAN = {
        'stages': [
            {
                'nodePlans': [
                    {
                        'node': {'host': 'a'},
                        'commands': [
                            {'argIndexes': [0, -1, 2]},
                            {'commandIndex': 1},
                        ],
                        'requiresReadonly': True,
                    }
                ]
            },
            {'nodePlans': [{'node': {'host': 'b'}, 'commands': [{}]}]},
        ],
        'commandPlans': [{}, {}, {'refusal': {'message': 'No.'}}],
        'literals': ['/wA='],
    }

    def test_a_plan_says_what_each_node_gets(self):
        commands = [['MSETEX', '2', 'k'], ['GET', 'k'], ['NOSUCH']]
        self.assertEqual(
            commands_by_node(commands, self.PLAN),
            {
                ('a', True): [['MSETEX', '\xff\0', 'k'], ['GET', 'k']],
                ('b', False): [['MSETEX', '2', 'k']],
            },
        )
        self.assertEqual(
            expected_results(commands, self.PLAN)[2],
            {'reply': {'error': 'REFUSED No.'}, 'refusal': {'message': 'No.'}},
        )


class RecordingTest(unittest.TestCase):
    def test_names_nodes_and_leaves_out_the_words_of_others(self):
        text = (
            'PARTFAILED 1 of 4 parts were applied; failed: part 0 on 1.2.3.4:1:'
            ' OOM no, really; unknown: part 1 on 1.2.3.4:1 (arguments 1, 2):'
            ' Reset, by peer; not sent: part 2 on 1.2.3.4:1: Refused.; applied:'
            ' part 3 on 1.2.3.4:1'
        )
        self.assertEqual(
            record({'error': text}, {'a': '1.2.3.4:1'})['error'],
            'PARTFAILED 1 of 4 parts were applied; failed: part 0 on ${a}:'
            ' OOM no, really; unknown: part 1 on ${a} (arguments 1, 2): *;'
            ' not sent: part 2 on ${a}: *; applied: part 3 on ${a}',
        )

    def test_the_form_of_files_says_the_same(self):
        value = {'b': [1, [2, {'c': None}]], 'a': 'x' * 90, 'd': ['y' * 60] * 3}
        self.assertEqual(eval(format_json(value), {'null': None}), value)


class ScriptedNodeTest(unittest.IsolatedAsyncioTestCase):
    async def faults_of(self, script: list[dict], *connections: bytes):
        """What the judge finds wrong when a client sends these bytes, over one
        connection after the other."""
        journal = Journal()
        nodes = {}
        nodes['a'] = ScriptedNode('a', journal, nodes)
        nodes['a'].load(script)
        await nodes['a'].start()
        host, port = nodes['a'].endpoint.split(':')
        for sent in connections:
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(sent + wire(['PING']))
            # Whatever the node makes of the commands, it answers the PING: or
            # it closes, or waits for nothing else.
            replies = b''
            while not replies.endswith(b'+PONG\r\n'):
                received = await reader.read(1024)
                if not received:
                    break
                replies += received
            writer.close()
            await writer.wait_closed()
        await nodes['a'].stop()
        missing = nodes['a'].missing()
        return journal.faults + ([missing] if missing else [])

    GET = {'receive': ['GET', 'k'], 'reply': '$-1\r\n'}
    SET = {'receive': ['SET', 'k', 'v'], 'reply': '+OK\r\n'}

    async def test_what_the_script_says_is_right(self):
        sent = wire(['SET', 'k', 'v'], ['GET', 'k'])
        self.assertEqual(await self.faults_of([self.SET, self.GET], sent), [])

    async def test_another_order_is_wrong(self):
        sent = wire(['GET', 'k'], ['SET', 'k', 'v'])
        self.assertTrue(await self.faults_of([self.SET, self.GET], sent))

    async def test_what_never_comes_is_wrong(self):
        sent = wire(['SET', 'k', 'v'])
        self.assertTrue(await self.faults_of([self.SET, self.GET], sent))

    async def test_what_is_too_much_is_wrong(self):
        sent = wire(['GET', 'k'], ['GET', 'k'])
        self.assertTrue(await self.faults_of([self.GET], sent))

    async def test_the_mode_of_the_connection_counts(self):
        readonly = {**self.GET, 'readonly': True}
        plain, after = wire(['GET', 'k']), wire(['READONLY'], ['GET', 'k'])
        self.assertEqual(await self.faults_of([readonly], after), [])
        self.assertEqual(await self.faults_of([self.GET], plain), [])
        self.assertTrue(await self.faults_of([readonly], plain))
        self.assertTrue(await self.faults_of([self.GET], after))

    async def test_labels_are_connections(self):
        first = {**self.GET, 'connection': '1'}
        once = [first, {**self.SET, 'connection': '1'}]
        twice = [first, {**self.SET, 'connection': '2'}]
        together = [wire(['GET', 'k'], ['SET', 'k', 'v'])]
        apart = [wire(['GET', 'k']), wire(['SET', 'k', 'v'])]
        self.assertEqual(await self.faults_of(once, *together), [])
        self.assertEqual(await self.faults_of(twice, *apart), [])
        self.assertTrue(await self.faults_of(once, *apart))
        self.assertTrue(await self.faults_of(twice, *together))

    async def test_what_comes_too_early_is_wrong(self):
        late = [{**self.SET, 'delay_ms': 10}, {**self.GET, 'after': ['a', 1]}]
        sent = wire(['SET', 'k', 'v'], ['GET', 'k'])
        self.assertTrue(await self.faults_of(late, sent))
        apart = [wire(['SET', 'k', 'v']), wire(['GET', 'k'])]
        self.assertEqual(await self.faults_of(late, *apart), [])

    async def test_a_pipeline_is_seen_whole(self):
        held = [{**self.SET, 'await': ['a', 2]}, self.GET]
        sent = wire(['SET', 'k', 'v'], ['GET', 'k'])
        self.assertEqual(await self.faults_of(held, sent), [])

    async def test_what_is_no_command_is_wrong(self):
        self.assertTrue(await self.faults_of([], b'GET k\r\n'))

    async def test_entries_may_repeat(self):
        script = [{**self.GET, 'repeat': True}, self.SET]
        sent = wire(['GET', 'k'], ['GET', 'k'], ['SET', 'k', 'v'])
        self.assertEqual(await self.faults_of(script, sent), [])
        self.assertTrue(await self.faults_of(script, wire(['SET', 'k', 'v'])))
        script[0] = {**self.GET, 'repeat': True, 'at_most': 1}
        self.assertTrue(await self.faults_of(script, sent))


class Liar:
    """A runner that sends nothing and answers what it is told to."""

    def __init__(self, answer: dict):
        self._answer = answer

    async def ask(self, request: dict, timeout_seconds: float) -> dict:
        return self._answer


class ExecutionJudgeTest(unittest.IsolatedAsyncioTestCase):
    CASE = {
        'name': 'x',
        'rules': [],
        'commands': [['GET', 'k']],
        'plans': [],
        'nodes': {},
        'results': [{'reply': None}],
    }

    async def faults_of(self, case: dict, answer: dict) -> list[str]:
        planner = FakePlanner(_POSITIONS)
        judge = ExecutionJudge(Liar(answer), planner, Masking(_POSITIONS))
        return await judge.judge({**self.CASE, **case})

    async def test_an_answer_alone_is_not_enough(self):
        right = {'results': [{'reply': None}]}
        self.assertEqual(await self.faults_of({'plan_requests': []}, right), [])
        self.assertTrue(await self.faults_of({}, right))
        self.assertTrue(
            await self.faults_of(
                {'plan_requests': [], 'reports': [{'error': 'x'}]}, right
            )
        )
        self.assertTrue(
            await self.faults_of(
                {'plan_requests': [], 'nodes': {'a': [{'receive': ['GET']}]}},
                right,
            )
        )

    async def test_the_answer_counts(self):
        for wrong in ({'results': [{'reply': ''}]}, {'results': []}, {}):
            self.assertTrue(await self.faults_of({'plan_requests': []}, wrong))

    async def test_a_case_with_a_slip_is_an_error(self):
        for slip in (
            {'comands': []},
            {'runs': [{'commands': [], 'comands': []}]},
            {'nodes': {'a': [{'recieve': ['GET']}]}},
        ):
            with self.assertRaises(ValueError):
                await self.faults_of(slip, {})


class CasesTest(unittest.TestCase):
    def test_every_case_cites_rules_and_has_a_result(self):
        loaded = cases.load('')
        self.assertGreater(len(loaded), 100)
        for case in loaded:
            self.assertTrue(case.content['rules'], case.name)
            for rule in case.content['rules']:
                self.assertRegex(rule, r'^[A-G][1-9]\d?$', case.name)
            if case.kind == 'executions':
                for run in case.content.get('runs', [case.content]):
                    self.assertTrue(
                        'results' in run or 'error' in run, case.name
                    )


if __name__ == '__main__':
    unittest.main()
