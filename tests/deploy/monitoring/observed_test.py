# SPDX-License-Identifier: Apache-2.0
"""What rules, dashboards and documents say of metrics, against a Prometheus
that scrapes a server under load."""

import re
import unittest

import expressions
import observed_server
import prometheus_fixture

ROOT = expressions.ROOT
OPERATIONS = ROOT / 'docs' / 'operations.md'

# What the server of this test does raise: one of its clusters cannot be
# reached, and its certificate is for a day. How fast it is, is not tested.
EXPECTED_ALERTS = {
    'SlotplannerTopologyRefreshFailing',
    'SlotplannerTopologyStale',
    'SlotplannerTlsCertificateExpiresSoon',
    'SlotplannerTlsCertificateExpiresToday',
}
POSSIBLE_ALERTS = EXPECTED_ALERTS | {'SlotplannerHighLatency'}


class ObservedServerTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.observed = observed_server.ObservedServer()
        cls.addClassCleanup(cls.observed.stop)
        cls.prometheus = prometheus_fixture.Prometheus(
            cls.observed.admin_address
        )
        cls.addClassCleanup(cls.prometheus.stop)
        # A rate needs two scrapes, and a rule of it comes after them.
        cls.prometheus.wait_for('up == 1')
        cls.prometheus.wait_for('job:grpc_server_handled:rate5m > 0')
        cls.exported = set(
            re.findall(r'^# TYPE (\S+) ', cls.observed.metrics(), re.M)
        )

    def assert_knows(self, expression: str):
        """Each selector in it gives series. Others would be empty for ever."""
        for selector in expressions.selectors(expression):
            try:
                series = self.prometheus.query(selector)
            except prometheus_fixture.BadQuery as error:
                self.fail(f'{selector}: {error}')
            self.assertTrue(series, f'no such series: {selector}')

    def assert_takes(self, expression: str):
        try:
            self.prometheus.query(expression)
        except prometheus_fixture.BadQuery as error:
            self.fail(str(error))

    def test_each_expression_of_the_rules_knows_its_series(self):
        for rule in self.prometheus.rules():
            with self.subTest(rule['name']):
                self.assertEqual(rule['health'], 'ok', rule.get('lastError'))
                self.assert_knows(rule['query'])
                if rule['type'] == 'recording':
                    self.assertTrue(self.prometheus.query(rule['name']))

    def test_each_expression_of_the_dashboards_gives_something(self):
        for name, expression in expressions.of_dashboards():
            with self.subTest(name):
                self.assert_takes(expression)
                self.assert_knows(expression)
                self.assertTrue(self.prometheus.query(expression))

    def test_each_expression_of_the_runbook_knows_its_series(self):
        for name, expression in expressions.of_runbook():
            with self.subTest(name):
                self.assert_takes(expression)
                self.assert_knows(expression)

    def test_a_healthy_server_raises_no_alert(self):
        def raised() -> dict:
            alerts = self.prometheus.get('alerts')['alerts']
            names = {alert['labels']['alertname'] for alert in alerts}
            return EXPECTED_ALERTS <= names and alerts

        alerts = prometheus_fixture.wait_until(raised, 'the alerts we know')
        for alert in alerts:
            with self.subTest(alert['labels']['alertname']):
                self.assertIn(alert['labels']['alertname'], POSSIBLE_ALERTS)
                self.assertIn(alert['labels'].get('cluster'), (None, 'lost'))
                # What a template that fails leaves behind.
                self.assertNotIn('<error', str(alert['annotations']))

    def test_a_cluster_never_read_is_not_called_old(self):
        descriptions = {
            alert['annotations']['description']
            for alert in self.prometheus.get('alerts')['alerts']
            if alert['labels']['alertname'] == 'SlotplannerTopologyStale'
        }
        self.assertEqual(descriptions, {'It has never been read.'})

    def test_each_metric_named_somewhere_is_exported(self):
        files = [
            path
            for folder in ('deploy', 'docs')
            for path in sorted((ROOT / folder).rglob('*'))
            if path.suffix in ('.md', '.yaml', '.json')
        ]
        for path in files:
            for name in sorted(expressions.families(path.read_text())):
                with self.subTest(file=str(path.relative_to(ROOT)), name=name):
                    self.assertIn(name, self.exported)

    def test_each_exported_metric_is_documented(self):
        documented = expressions.families(
            '\n'.join(
                re.findall(r'^\| (`\w+`.*?) \|', OPERATIONS.read_text(), re.M)
            )
        )
        self.assertEqual(sorted(self.exported - documented), [])

    def test_each_metric_and_event_has_one_row(self):
        table = OPERATIONS.read_text().partition('\n## Metrics\n')[2]
        names = [
            name
            for row in re.findall(r'^\| (`.*?) \|', table, re.M)
            for name in re.findall(r'`(\w+)`', row)
        ]
        self.assertEqual([n for n in names if names.count(n) > 1], [])

    def test_each_event_of_the_runbook_is_documented(self):
        table = OPERATIONS.read_text().partition('\n## Logs\n')[2]
        documented = {
            event
            for row in re.findall(r'^\| (`.*?) \|', table, re.M)
            for event in re.findall(r'`(\w+)`', row)
        }
        named = expressions.events_of_runbook()
        self.assertTrue(named)
        self.assertEqual(sorted(named - documented), [])


if __name__ == '__main__':
    unittest.main()
