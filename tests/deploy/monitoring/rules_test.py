# SPDX-License-Identifier: Apache-2.0
"""The rules by themselves: promtool takes them, and each alert is tested."""

import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

import prometheus_fixture

ROOT = prometheus_fixture.ROOT
TESTS = sorted((pathlib.Path(__file__).parent / 'rules').glob('*_test.yaml'))


def promtool(*args: str | pathlib.Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        ['promtool', *args], capture_output=True, text=True, check=False
    )


class RulesTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.rules = self.directory / 'slotplanner_rules.yaml'
        self.rules.write_text(prometheus_fixture.plain_rules())

    def assert_passes(self, check: subprocess.CompletedProcess):
        self.assertEqual(check.returncode, 0, check.stdout + check.stderr)

    def alerts(self) -> list[dict]:
        groups = yaml.safe_load(self.rules.read_text())['groups']
        return [r for g in groups for r in g['rules'] if 'alert' in r]

    def test_the_plain_file_is_the_spec_of_the_prometheus_rule(self):
        path = ROOT / 'deploy' / 'prometheus' / 'prometheus_rule.yaml'
        self.assertEqual(
            yaml.safe_load(self.rules.read_text()),
            yaml.safe_load(path.read_text())['spec'],
        )

    def test_promtool_finds_no_fault(self):
        self.assert_passes(
            promtool('check', 'rules', '--lint-fatal', self.rules)
        )

    def test_promtool_finds_no_fault_with_the_example(self):
        example = ROOT / 'deploy' / 'prometheus' / 'prometheus.yaml'
        shutil.copy(example, self.directory)
        self.assert_passes(
            promtool(
                *('check', 'config', '--lint-fatal'),
                self.directory / example.name,
            )
        )

    def test_unit_tests_pass(self):
        for test in TESTS:
            with self.subTest(test.name):
                shutil.copy(test, self.directory)
                self.assert_passes(
                    promtool('test', 'rules', self.directory / test.name)
                )

    def test_each_alert_has_a_case_that_fires_and_one_that_does_not(self):
        fires, rests = set(), set()
        for test in TESTS:
            for case in yaml.safe_load(test.read_text())['tests']:
                for check in case['alert_rule_test']:
                    names = fires if check.get('exp_alerts') else rests
                    names.add(check['alertname'])
        names = {alert['alert'] for alert in self.alerts()}
        self.assertEqual(fires, names)
        self.assertEqual(rests, names)

    def test_each_alert_says_what_the_person_on_call_needs(self):
        for alert in self.alerts():
            with self.subTest(alert['alert']):
                self.assertRegex(alert['alert'], r'^Slotplanner[A-Z]')
                self.assertIn(alert['labels']['severity'], ('page', 'ticket'))
                self.assertEqual(
                    set(alert['annotations']),
                    {'summary', 'description', 'runbook_url'},
                )
                self.assertEqual(
                    alert['annotations']['runbook_url'],
                    f'docs/runbook.md#{alert["alert"].lower()}',
                )

    def test_each_alert_has_a_section_of_the_runbook_and_each_section_one(self):
        runbook = (ROOT / 'docs' / 'runbook.md').read_text()
        sections = re.findall(r'^### (Slotplanner\w+)$', runbook, re.M)
        self.assertEqual(
            sorted(sections), sorted(a['alert'] for a in self.alerts())
        )


if __name__ == '__main__':
    unittest.main()
