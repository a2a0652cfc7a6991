# SPDX-License-Identifier: Apache-2.0
"""The differential test of a client by its runner: of the C++ client, which
must pass, and of runners that do not do as they should, which must not."""

import os
import pathlib
import subprocess
import unittest

import differential_servers
import random_seed

SEED = random_seed.random_seed()
RUNNER = os.environ['SLOTPLANNER_CPP_RUNNER']
_FOLDER = pathlib.Path(__file__).parent


def run(*command: str | pathlib.Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*command, f'--seed={SEED}'],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


class CppClientTest(unittest.TestCase):
    def assert_no_differences(self, *flags: str, commands: int = 1000):
        result = run(
            _FOLDER / 'client_differential.py',
            f'--runner={RUNNER}',
            f'--commands={commands}',
            *flags,
        )
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn('\ndifferences: 0\n', result.stdout)
        return result.stdout

    def test_from_primaries(self):
        self.assert_no_differences(commands=3000)

    def test_from_replicas(self):  # Rule D2.
        self.assert_no_differences('--replica-reads')

    def test_while_replicas_take_over(self):  # Rules E2, E4, F3.
        output = self.assert_no_differences('--failovers=3')
        self.assertRegex(output, r'\nfailovers: ([3-9]|\d\d+)\n')


class WrongRunnerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.servers = differential_servers.DifferentialServers()
        cls.addClassCleanup(cls.servers.stop)

    def assert_runner_fails(self, runner: str, message: str):
        result = run(
            *self.servers.command(
                f'--runner={runner}', '--commands=1000', '--timeout_seconds=2'
            )
        )
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertRegex(result.stdout, message)

    def assert_fails(self, lie: str, message: str):
        self.assert_runner_fails(
            f'{_FOLDER}/lying_runner.py {lie} {RUNNER}', message
        )

    def test_wrong_reply(self):
        self.assert_fails('add_to_integer', 'DIFFERENCE 1 ')

    def test_dropped_error(self):  # Rule E2.
        self.assert_fails('nil_for_errors', 'DIFFERENCE 1 ')

    def test_dropped_refusal(self):
        self.assert_fails('no_refusal', 'has another refusal:\nnone')

    def test_answer_to_another_request(self):
        self.assert_fails('other_id', 'is not for the request 4')

    def test_missing_result(self):
        self.assert_fails('one_result_less', r'\d+ results to \d+ commands')

    def test_end(self):
        self.assert_fails('end', 'ended in the middle.*with code 3')

    def test_silence(self):
        self.assert_fails('silence', 'The runner does not answer in time')

    def test_no_runner(self):
        self.assert_runner_fails(
            '/nonexistent', 'ended in the middle.*with code 127'
        )


if __name__ == '__main__':
    unittest.main()
