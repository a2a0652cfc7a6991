# SPDX-License-Identifier: Apache-2.0
"""`slotplanner analyze` counts what a real cluster counts.

With SLOTPLANNER_ANALYZE_KEYS=1000000, or `--keys=1000000` behind the name of
this file, there are as many keys instead of 20,000, and the times are printed.
"""

import collections
import contextlib
import json
import os
import pathlib
import pty
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import live_cluster
import resp
import server_fixture

KEY_COUNT = int(os.environ.get('SLOTPLANNER_ANALYZE_KEYS', '20000'))
for _arg in sys.argv[1:]:
    if _arg.startswith('--keys='):
        KEY_COUNT = int(_arg.removeprefix('--keys='))
        sys.argv.remove(_arg)

_TOOL = server_fixture.PREFIX / 'bin' / 'slotplanner'
_TIMEOUT_SECONDS = 120


def keys() -> list[bytes]:
    """Half of them have one of ten hash tags; some are no text."""
    made = []
    for number in range(KEY_COUNT):
        if number % 2 == 0:
            made.append(b'{tenant:%d}:item:%d' % (number // 2 % 10, number))
        elif number % 101 == 0:
            made.append(b'\xff\x00\r\n"%d' % number)
        else:
            made.append(b'user:%d' % number)
    return made


def slot_of(key: bytes) -> int:
    """The slot of any of `keys`."""
    if key.startswith(b'{'):
        key = key[1 : key.index(b'}')]
    return live_cluster.slot_of(key)


def setUpModule():
    global cluster, server, all_keys
    cluster = live_cluster.LiveCluster()
    unittest.addModuleCleanup(cluster.stop)
    all_keys = keys()
    load(all_keys)
    server = server_fixture.Server(f'redis://{cluster.seeds}')
    unittest.addModuleCleanup(server.stop)
    server.wait_for_topology()


def primaries() -> dict[live_cluster.Node, list[live_cluster.Shard]]:
    view = live_cluster.parse_cluster_slots(
        cluster.nodes[0].must('CLUSTER', 'SLOTS')
    )
    owners = collections.defaultdict(list)
    for shard in view:
        owners[cluster.node_of_id(shard.primary_id)].append(shard)
    return owners


def load(some_keys: list[bytes]) -> None:
    owner_of_slot = {
        slot: node
        for node, shards in primaries().items()
        for shard in shards
        for slot in range(shard.first, shard.last + 1)
    }
    by_node = collections.defaultdict(list)
    for key in some_keys:
        by_node[owner_of_slot[slot_of(key)]].append(key)
    for node, of_node in by_node.items():
        with contextlib.closing(node.connect()) as connection:
            for reply in connection.call_many(
                [(b'SET', key, b'v' * (len(key) % 50)) for key in of_node]
            ):
                assert reply == resp.Status(b'OK'), reply
            connection.call('WAIT', 1, 10_000)  # For its replica.


def counts_of_cluster() -> dict[int, int]:
    """What the nodes say is in each slot that has keys."""
    counts = {}
    for node, shards in primaries().items():
        slots = [
            slot
            for shard in shards
            for slot in range(shard.first, shard.last + 1)
        ]
        with contextlib.closing(node.connect()) as connection:
            replies = connection.call_many(
                [(b'CLUSTER', b'COUNTKEYSINSLOT', b'%d' % s) for s in slots]
            )
        counts.update({s: n for s, n in zip(slots, replies) if n > 0})
    return counts


def counts_in(analysis: dict) -> dict[int, int]:
    counts = analysis['keys']['counts']
    return dict(zip(counts['slots'], map(int, counts['keys'])))


def run(*args: str, stdin: bytes = b'', with_server: bool = True):
    target = server.address if with_server else '127.0.0.1:1'
    return subprocess.run(
        [_TOOL, f'--server={target}', 'analyze', *args],
        input=stdin,
        capture_output=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )


class Watched:
    """The tool with a terminal for what it says of its progress."""

    def __init__(self, *args: str):
        controller, terminal = pty.openpty()
        self._process = subprocess.Popen(
            [
                *(_TOOL, f'--server={server.address}', 'analyze'),
                *('--output=json', *args),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=terminal,
        )
        os.close(terminal)
        self._err = os.fdopen(controller, 'rb', buffering=0)
        self.progress = ''

    def wait_until_it_finds_keys(self) -> None:
        while not re.search(r' [1-9][0-9,]* found', self.progress):
            self.progress += self._err.read(1000).decode()

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def is_running(self) -> bool:
        return self._process.poll() is None

    def finish(self) -> tuple[int, dict]:
        out = self._process.stdout.read()
        self._process.stdout.close()
        code = self._process.wait(timeout=_TIMEOUT_SECONDS)
        with contextlib.suppress(OSError):  # The terminal has no other end.
            while chunk := self._err.read(1000):
                self.progress += chunk.decode()
        self._err.close()
        return code, json.loads(out)


class AnalyzeTest(unittest.TestCase):
    def analyze(self, *args: str, stdin: bytes = b'') -> dict:
        result = run('--output=json', *args, stdin=stdin)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout.count(b'\n'), 1)
        return json.loads(result.stdout)

    def scan(self, match: str, *args: str) -> dict:
        began = time.monotonic()
        analysis = self.analyze(
            f'--match={match}', '--scan_rate=1000000000', *args
        )
        if KEY_COUNT != 20000:
            seconds = time.monotonic() - began
            print(f'{match} {args}: {seconds:.2f} s', file=sys.stderr)
        return analysis


class FilesTest(AnalyzeTest):
    def lines(self) -> bytes:
        """All keys as redis-cli writes them on a terminal."""
        return b''.join(
            b'"%s"\n'
            % re.sub(
                rb'[^ -~]|["\\]', lambda m: b'\\x%02x' % ord(m[0]), key
            )
            for key in all_keys
        )

    def test_slots_have_what_the_cluster_has(self):
        analysis = self.analyze('--escapes', '-', stdin=self.lines())
        self.assertEqual(counts_in(analysis), counts_of_cluster())
        self.assertEqual(int(analysis['keys']['keyCount']), KEY_COUNT)
        self.assertEqual(
            int(analysis['keys']['taggedKeyCount']), (KEY_COUNT + 1) // 2
        )
        shards = analysis['keys']['shards']['shards']
        self.assertEqual(
            [int(shard['keys']) for shard in shards],
            [node.must('DBSIZE') for node in cluster.nodes[:3]],
        )
        self.assertEqual(
            analysis['input'],
            {'lines': KEY_COUNT, 'badLines': 0, 'blankLines': 0},
        )

    def test_several_files_and_weights(self):
        with tempfile.TemporaryDirectory() as folder:
            files = [pathlib.Path(folder, name) for name in 'ab']
            files[0].write_text('3 foo\n0\tbar\n', encoding='ascii')
            files[1].write_text('1 foo', encoding='ascii')
            analysis = self.analyze('--weights', *map(str, files))
        self.assertEqual(
            {
                s['slot']: (int(s['keys']), int(s['weight']))
                for s in analysis['keys']['fullestSlots']
            },
            {12182: (2, 4), 5061: (1, 0)},
        )

    def test_keys_are_hidden_unless_asked_for(self):
        for output in 'text', 'json':
            args = [f'--output={output}', '-']
            stdin = b'{secret}:1\n{secret}:2\nsecret\n'
            hidden = run(*args, stdin=stdin)
            self.assertEqual(hidden.returncode, 0, hidden.stderr)
            for text in b'secret', b'c2VjcmV0':  # As JSON has bytes.
                self.assertNotIn(text, hidden.stdout + hidden.stderr)
        shown = run('--show-keys', '-', stdin=stdin)
        self.assertIn(b'"secret"', shown.stdout)

    def test_a_report_has_what_is_printed(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder, 'report.html')
            printed = self.analyze(
                f'--report={page}', '-', stdin=b'{secret}:1\nsecret\n'
            )
            text = page.read_text(encoding='utf-8')
        self.assertNotIn('secret', text)
        shown = json.loads(
            re.search(
                r'<script[^>]* id="analysis"[^>]*>(.*?)</script>', text, re.S
            )[1]
        )
        topology = shown.pop('topology')
        self.assertEqual(len(topology['shards']), 3)
        self.assertEqual(shown, printed)
        nowhere = run('--report=/no/such/folder/page', '-', stdin=b'k\n')
        self.assertEqual(nowhere.returncode, 1)
        self.assertIn(b'cannot write', nowhere.stderr)

    def test_bad_lines_are_counted(self):
        stdin = b''.join(b'%d k\nsecret%d\n' % (n, n) for n in range(10))
        result = run('--output=json', '--weights', '-', stdin=stdin)
        self.assertEqual(result.returncode, 0)
        analysis = json.loads(result.stdout)
        self.assertEqual(analysis['input']['badLines'], 10)
        self.assertEqual(int(analysis['keys']['keyCount']), 10)
        self.assertEqual(result.stderr.count(b'standard input:'), 5)
        self.assertIn(b'standard input:2: ', result.stderr)
        self.assertNotIn(b'secret', result.stderr)

    def test_the_first_bad_line_can_be_the_last(self):
        result = run('--strict', '--weights', '-', stdin=b'1 k\nbad\n2 k\n')
        self.assertEqual(result.returncode, 2)
        self.assertEqual(result.stdout, b'')
        self.assertIn(b'standard input:2: ', result.stderr)

    def test_works_without_a_server(self):
        result = run(
            '--output=json', '-', stdin=b'foo\n', with_server=False
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(b'topology is not known', result.stderr)
        analysis = json.loads(result.stdout)
        self.assertEqual(counts_in(analysis), {12182: 1})
        self.assertNotIn('shards', analysis['keys'])

    def test_another_topology(self):
        lines = self.lines()
        analysis = self.analyze('--escapes', '--shards=6', '-', stdin=lines)
        shards = analysis['keys']['whatIfShards']['shards']
        self.assertEqual(len(shards), 6)
        self.assertEqual(sum(int(s['keys']) for s in shards), KEY_COUNT)
        self.assertGreater(analysis['keys']['whatIfMoves']['slots'], 8000)
        nodes = cluster.nodes[0].must('CLUSTER', 'NODES').decode()
        same = self.analyze(
            '--escapes', f'--topology={self.file_with(nodes)}', '-',
            stdin=lines,
        )
        self.assertEqual(same['keys']['whatIfMoves']['slots'], 0)

    def file_with(self, text: str) -> str:
        file = tempfile.NamedTemporaryFile('w', suffix='.txt', delete=False)
        self.addCleanup(os.unlink, file.name)
        with file:
            file.write(text)
        return file.name

    def test_wrong_usage(self):
        for args in (
            (),
            ('--match=*', 'file'),
            ('--commands=x', '--match=*'),
            ('--weights', '--match=*'),
            ('--memory', 'file'),
            ('/no/such/file',),
            ('/',),
            ('-', '-'),
        ):
            with self.subTest(args):
                self.assertEqual(run(*args).returncode, 2)


class ScanTest(AnalyzeTest):
    def test_finds_each_key_once(self):
        analysis = self.scan('*')
        self.assertEqual(counts_in(analysis), counts_of_cluster())
        facts = analysis['input']
        self.assertEqual(facts['scannedNodes'], 3)
        self.assertEqual(facts['databaseKeys'], KEY_COUNT)
        self.assertEqual(facts['lookedAtKeys'], KEY_COUNT)
        self.assertEqual(facts['foreignKeys'], 0)
        self.assertEqual(facts['unstableSlotCount'], 0)

    def test_finds_each_key_once_in_small_pages(self):
        if KEY_COUNT > 100_000:
            self.skipTest('thousands of small pages')
        analysis = self.scan('*', '--scan_count=10')
        self.assertEqual(counts_in(analysis), counts_of_cluster())

    def test_replicas_have_the_same_keys(self):
        before = [n.must('INFO', 'commandstats') for n in cluster.nodes[:3]]
        analysis = self.scan('*', '--replicas')
        self.assertEqual(counts_in(analysis), counts_of_cluster())
        for node, stats in zip(cluster.nodes, before):
            calls = [
                re.findall(rb'cmdstat_scan:calls=(\d+)', text)
                for text in (stats, node.must('INFO', 'commandstats'))
            ]
            self.assertEqual(calls[0], calls[1])

    def test_a_pattern(self):
        wanted = [k for k in all_keys if re.match(rb'user:\d*7$', k)]
        analysis = self.scan('user:*7')
        self.assertEqual(
            counts_in(analysis), collections.Counter(map(slot_of, wanted))
        )

    def test_a_pattern_of_one_slot(self):
        analysis = self.scan('{tenant:3}:*')
        tenant = [k for k in all_keys if k.startswith(b'{tenant:3}')]
        self.assertEqual(
            counts_in(analysis), {slot_of(tenant[0]): len(tenant)}
        )
        self.assertEqual(analysis['input']['scannedNodes'], 1)

    def test_memory(self):
        tenant = [k for k in all_keys if k.startswith(b'{tenant:3}')]
        owner = next(
            node
            for node, shards in primaries().items()
            for shard in shards
            if shard.first <= slot_of(tenant[0]) <= shard.last
        )
        with contextlib.closing(owner.connect()) as connection:
            usage = sum(
                connection.call_many(
                    [(b'MEMORY', b'USAGE', key) for key in tenant]
                )
            )
        keys_of = self.scan('{tenant:3}:*', '--memory')['keys']
        self.assertEqual(int(keys_of['weight']), usage)
        self.assertEqual(int(keys_of['keyCount']), len(tenant))
        some = self.scan('{tenant:3}:*', '--memory_every=10')['keys']
        self.assertAlmostEqual(int(some['weight']) / usage, 1, delta=0.2)
        self.assertEqual(int(some['keyCount']), len(tenant))

    def test_a_node_that_refuses_is_told(self):
        # Its users may not scan it; killed, it would change the cluster.
        node = cluster.nodes[0]
        node.must('ACL', 'SETUSER', 'default', '-scan')
        self.addCleanup(node.must, 'ACL', 'SETUSER', 'default', '+scan')
        result = run('--output=json', '--match=user:*')
        self.assertEqual(result.returncode, 1)
        analysis = json.loads(result.stdout)
        self.assertIn(node.endpoint, analysis['input']['incompleteShards'])
        self.assertIn('NOPERM', analysis['input']['incompleteShards'])
        first, last = live_cluster.even_ranges(3)[0]
        expected = {
            slot: count
            for slot, count in collections.Counter(
                slot_of(k) for k in all_keys if k.startswith(b'user:')
            ).items()
            if not first <= slot <= last
        }
        self.assertEqual(counts_in(analysis), expected)

    def test_interrupted_it_shows_what_it_has(self):
        tool = Watched('--match=*', '--scan_rate=2000', '--scan_count=100')
        tool.wait_until_it_finds_keys()
        tool.interrupt()
        code, analysis = tool.finish()
        self.assertEqual(code, 1)
        self.assertIn('partial', analysis['input'])
        found = int(analysis['keys']['keyCount'])
        self.assertGreater(found, 0)
        self.assertLess(found, KEY_COUNT)
        self.assertRegex(tool.progress, r'looked at [\d,]+ of [\d,]+ keys')

    def test_the_rate_is_kept(self):
        count = min(KEY_COUNT, 20000)
        began = time.monotonic()
        tool = Watched('--match=*', f'--scan_rate={count}')
        if KEY_COUNT > count:
            tool.wait_until_it_finds_keys()
            tool.interrupt()
        code, analysis = tool.finish()
        seconds = time.monotonic() - began
        self.assertEqual(code, 1 if KEY_COUNT > count else 0)
        # Ten pages may come at once.
        self.assertLessEqual(
            analysis['input']['lookedAtKeys'], count * (seconds + 0.1) + 1000
        )


class ZReshardTest(AnalyzeTest):
    """Comes last: it gives a slot away."""

    def test_a_reshard_meanwhile_is_told(self):
        slot = slot_of(b'{tenant:0}')
        source = next(
            node
            for node, shards in primaries().items()
            for shard in shards
            if shard.first <= slot <= shard.last
        )
        target = next(n for n in cluster.nodes[:3] if n is not source)
        tool = Watched('--match=*', f'--scan_rate={KEY_COUNT // 8}')
        tool.wait_until_it_finds_keys()
        self.move(slot, source, target)
        self.assertTrue(tool.is_running())
        code, analysis = tool.finish()
        self.assertEqual(code, 0)
        self.assertEqual(analysis['input']['unstableSlotCount'], 1)
        self.assertEqual(analysis['input']['unstableSlots'], str(slot))
        # The other slots are none the worse for it.
        counts = counts_in(analysis)
        expected = counts_of_cluster()
        for of_slots in counts, expected:
            of_slots.pop(slot, None)
        self.assertEqual(counts, expected)

    @staticmethod
    def move(slot: int, source: live_cluster.Node, target: live_cluster.Node):
        target.must('CLUSTER', 'SETSLOT', slot, 'IMPORTING', source.node_id)
        source.must('CLUSTER', 'SETSLOT', slot, 'MIGRATING', target.node_id)
        while some := source.must('CLUSTER', 'GETKEYSINSLOT', slot, 1000):
            source.must(
                *('MIGRATE', target.host, target.port, '', 0, 30_000, 'KEYS'),
                *some,
            )
        for node in target, source:
            node.must('CLUSTER', 'SETSLOT', slot, 'NODE', target.node_id)


class WorkloadTest(AnalyzeTest):
    def test_a_file_of_monitor(self):
        commands = [
            (b'SET', b'user:1:name', b'secret'),
            (b'GET', b'user:1:name'),
            (b'MULTI',),
            (b'INCR', b'{u:1}a'),
            (b'INCR', b'{u:1}b'),
            (b'EXEC',),
            (b'MGET', b'user:1:name', b'user:2:name'),
        ]
        monitored = live_cluster.LiveCluster(
            ranges=[(0, live_cluster.SLOT_COUNT - 1)], replicas=0
        )
        self.addCleanup(monitored.stop)
        node = monitored.nodes[0]
        with contextlib.closing(node.connect()) as monitor:
            self.assertEqual(monitor.call('MONITOR'), resp.Status(b'OK'))
            with contextlib.closing(node.connect()) as client:
                for command in commands:
                    client.call(*command)
                client.call('GET', 'last')
            # A node runs MGET over slots of its own no more than others; what
            # it refuses, MONITOR does not show.
            lines = []
            while not lines or b'"last"' not in lines[-1]:
                lines.append(monitor.read().text)
        lines.append(b'MGET user:1:name user:2:name')
        lines.append(b'no closing "quote')
        text = b'\n'.join(line for line in lines if b'cluster' not in line.lower())
        result = run('--output=json', '--commands=-', stdin=text)
        self.assertEqual(result.returncode, 0, result.stderr)
        analysis = json.loads(result.stdout)
        self.assertEqual(analysis['input']['badLines'], 1)
        loads = {
            load['name']: (int(load['calls']), int(load['split']))
            for load in analysis['workload']['commands']
        }
        for name, load in {
            'SET': (1, 0),
            'GET': (2, 0),
            'INCR': (2, 0),
            'MGET': (1, 1),
        }.items():
            self.assertEqual(loads[name], load)
        uses = analysis['workload']['crossSlotUses']
        self.assertEqual([use['command'] for use in uses], ['MGET'])
        self.assertNotIn(b'secret', result.stdout)
        self.assertNotIn(b'user', result.stdout)

    def test_text_for_people(self):
        lines = b'MGET user:1:a user:1:b\n' * 3 + b'SET k v\n'
        result = run('--commands=-', '--show-keys', '--shards=6', stdin=lines)
        self.assertEqual(result.returncode, 0, result.stderr)
        text = result.stdout.decode()
        self.assertRegex(text, r'\n  MGET +3 ')
        self.assertIn('3 calls of MGET "user:<n>:a" "user:<n>:b"\n', text)
        self.assertIn('a hash tag could join them: "user:1"', text)


if __name__ == '__main__':
    unittest.main()
