# SPDX-License-Identifier: Apache-2.0
"""What `slotplanner lint` says of templates, real nodes say of keys."""

import json
import pathlib
import random
import re
import subprocess
import tempfile
import unittest

import random_seed
import redis_fixture
import resp
import server_fixture

DOCUMENT = pathlib.Path(__file__).parents[2] / 'docs' / 'advisor.md'
SEED = random_seed.random_seed()


def setUpModule():
    global cluster, server
    cluster = redis_fixture.RedisCluster(replicas=0)
    unittest.addModuleCleanup(cluster.stop)
    server = server_fixture.Server(cluster.spec)
    unittest.addModuleCleanup(server.stop)
    server.wait_for_topology()


def lint(*flags: str, lines: str) -> subprocess.CompletedProcess:
    return server_fixture.run_tool(
        server, 'lint', *flags, '-', stdin=lines.encode()
    )


class LiveNodesTest(unittest.TestCase):
    # Writes of at least two keys, and what is right about their templates.
    COMMANDS = {
        'MSET {user:<id>}:a <v> {user:<id>}:b <v> user:<id> <v>': 'ALWAYS',
        'SUNIONSTORE {<id>}a x{<id>}y <id>': 'ALWAYS',
        'MSET {}<id> <v> {}<id> <v>': 'ALWAYS',
        'RENAMENX user:<id>:name user:<id>:mail': 'NEVER',
        'DEL {<id>:1}x {<id>:2}x': 'NEVER',
        'EXISTS foo <id> bar': 'NEVER',
        'MSET item:<a> <v> item:<b> <v>': 'DEPENDS on <a>, <b>',
        'COPY {<tenant>:<a>}x {<tenant>:<b>}y': 'DEPENDS on <a>, <b>',
        'PFCOUNT {<tenant>}<a> <tenant>:<a>': 'DEPENDS on <a>',
        'ZUNIONSTORE <a> 2 <b> {<a>}': 'DEPENDS on <a>, <b>',
    }

    def is_cross_slot(self, command: str, values: dict[str, str]) -> bool:
        words = re.sub('<([a-z]+)>', lambda m: values[m[1]], command).split()
        node = cluster.connect()
        try:
            reply = node.call(*words)
        finally:
            node.close()
        return isinstance(reply, resp.Error) and reply.text.startswith(
            b'CROSSSLOT'
        )

    def test_nodes_find_the_slots_that_are_foretold(self):
        result = lint(lines='\n'.join(self.COMMANDS))
        self.assertEqual(result.returncode, 1, result.stderr)
        answers = dict(
            re.findall(
                r'^standard input:(\d+): (?:FAILS: )?((?:[A-Z]{3,}_?)+'
                r'(?: on <\w+>(?:, <\w+>)*)?),',
                result.stdout.decode(),
                re.MULTILINE,
            )
        )
        generator = random.Random(SEED)
        for number, (command, answer) in enumerate(self.COMMANDS.items(), 1):
            self.assertEqual(answers[str(number)], answer, command)
            named = re.findall('<([a-z]+)>', answer)
            seen = set()
            for _ in range(200):
                values = {
                    name: f'v{generator.randrange(10**6)}'
                    for name in ('id', 'v', 'a', 'b', 'tenant')
                }
                seen.add(self.is_cross_slot(command, values))
                if named == ['a', 'b']:
                    values['a'] = values['b']
                    self.assertFalse(self.is_cross_slot(command, values))
            if answer in ('ALWAYS', 'NEVER'):
                self.assertEqual(seen, {answer == 'NEVER'}, command)
            else:
                self.assertIn(True, seen, command)

    def test_transactions_work_whose_answer_is_always(self):
        lines = 'WATCH {<id>}a\nMULTI\nSET {<id>}a <v>\nINCR {<id>}b\nEXEC\n'
        result = lint(lines=lines)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn(
            b'standard input:5: ALWAYS, ANY_NODE, transaction from line 2\n',
            result.stdout,
        )


class ExitCodeTest(unittest.TestCase):
    def code(self, lines: str, *flags: str) -> int:
        return lint(*flags, lines=lines).returncode

    def test_tells_ci_what_to_do(self):
        self.assertEqual(self.code('GET <a>\nMGET {x}<a> {x}<b>\nPING'), 0)
        self.assertEqual(self.code('MGET <a> <b>'), 1)
        self.assertEqual(self.code('MGET <a> <b>', '--allow_split'), 0)
        self.assertEqual(self.code('RENAME <a> <b>', '--allow_split'), 1)
        self.assertEqual(self.code('GTE <a>'), 1)
        self.assertEqual(self.code('SCAN 0 MATCH user:*'), 0)
        self.assertEqual(self.code('GET "<a>'), 2)

    def test_json_has_the_answers_of_the_api(self):
        result = lint('--output=json', lines='\nKEYS {<id>}*\nMGET <a> b\n')
        self.assertEqual(result.returncode, 1, result.stderr)
        first, second = map(json.loads, result.stdout.splitlines())
        self.assertEqual((first['line'], first['passes']), (2, True))
        self.assertEqual(
            first['check']['keys'],
            [
                {
                    'argIndex': 1,
                    'hashed': {'offset': 1, 'length': 4},
                    'isPattern': True,
                }
            ],
        )
        self.assertEqual((second['line'], second['passes']), (3, False))
        self.assertEqual(second['check']['placeholders'], ['a'])
        self.assertEqual(second['check']['keys'][1]['slot'], 3300)


class DocumentTest(unittest.TestCase):
    def test_shows_what_the_tool_prints(self):
        block = re.search(
            r'^\$ cat shop\.templates\n(.*?)'
            r'^\$ slotplanner lint shop\.templates\n(.*?)^```$',
            DOCUMENT.read_text(encoding='utf-8'),
            re.MULTILINE | re.DOTALL,
        )
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, 'shop.templates').write_text(
                block[1], encoding='utf-8'
            )
            result = subprocess.run(
                [
                    server_fixture.PREFIX / 'bin' / 'slotplanner',
                    f'--server={server.address}',
                    'lint',
                    'shop.templates',
                ],
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
        self.assertEqual(result.stdout, block[2])
        self.assertEqual(result.returncode, 1, result.stderr)


if __name__ == '__main__':
    unittest.main()
