# SPDX-License-Identifier: Apache-2.0
"""The dashboards by themselves: Grafana's types, and what makes them usable.
Needs npm; its packages stay in the build folder."""

import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

import yaml

import expressions

GRAFANA = expressions.ROOT / 'deploy' / 'grafana'
TYPES = pathlib.Path(__file__).parent / 'types'
TOOLS = pathlib.Path(os.environ['SLOTPLANNER_TOOLS_DIR'])

# One fault each, and what the type checker says of it.
FAULTS = {
    '"schemaVersion"': ('"schemaVersio"', "'\"schemaVersio\"' does not exist"),
    '"type": "stat"': ('"type": "stats"', 'Type \'"stats"\' is not assignable'),
    '"legendFormat"': ('"legend"', "'\"legend\"' does not exist"),
    '"placement": "bottom"': ('"placement": "low"', 'LegendPlacement'),
}


def dashboards() -> dict[str, dict]:
    return {p.name: json.loads(p.read_text()) for p in expressions.DASHBOARDS}


def check_types(text: str) -> str:
    """What TypeScript has to say of the text of a dashboard."""
    (TOOLS / 'dashboards.ts').write_text(
        "import type { DashboardJson } from './dashboard_json.js';\n"
        f'export const dashboard: DashboardJson = {text};\n'
    )
    check = subprocess.run(
        [TOOLS / 'node_modules' / '.bin' / 'tsc', '--project', TOOLS],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (check.returncode == 0) == (check.stdout == ''), check.stderr
    return check.stdout


class TypesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        TOOLS.mkdir(parents=True, exist_ok=True)
        lock = (TYPES / 'package-lock.json').read_text()
        installed = TOOLS / 'installed-lock.json'
        for path in TYPES.iterdir():
            shutil.copy(path, TOOLS)
        if not installed.exists() or installed.read_text() != lock:
            subprocess.run(
                ['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'],
                cwd=TOOLS,
                stdin=subprocess.DEVNULL,
                check=True,
            )
            installed.write_text(lock)

    def test_grafana_knows_every_field(self):
        for path in expressions.DASHBOARDS:
            with self.subTest(path.name):
                self.assertEqual(check_types(path.read_text()), '')

    def test_a_fault_would_be_seen(self):
        text = (GRAFANA / 'service.json').read_text()
        for right, (wrong, complaint) in FAULTS.items():
            with self.subTest(wrong):
                self.assertIn(right, text)
                self.assertIn(
                    complaint, check_types(text.replace(right, wrong, 1))
                )


class DashboardsTest(unittest.TestCase):
    def each(self):
        for name, dashboard in dashboards().items():
            with self.subTest(name):
                yield name, dashboard

    def test_kustomize_takes_all_of_them(self):
        settings = yaml.safe_load((GRAFANA / 'kustomization.yaml').read_text())
        files = settings['configMapGenerator'][0]['files']
        self.assertEqual(
            sorted(file.partition('=')[2] for file in files),
            sorted(dashboards()),
        )

    def test_ids_are_unique(self):
        uids = [d['uid'] for d in dashboards().values()]
        self.assertEqual(len(set(uids)), len(uids))
        for _, dashboard in self.each():
            ids = [p['id'] for p in expressions.panels(dashboard)]
            self.assertEqual(len(set(ids)), len(ids))

    def test_panels_do_not_lie_on_each_other(self):
        for _, dashboard in self.each():
            boxes = [p['gridPos'] for p in expressions.panels(dashboard)]
            for box in boxes:
                self.assertLessEqual(box['x'] + box['w'], 24, box)
            for a, b in itertools.combinations(boxes, 2):
                self.assertTrue(
                    a['x'] + a['w'] <= b['x']
                    or b['x'] + b['w'] <= a['x']
                    or a['y'] + a['h'] <= b['y']
                    or b['y'] + b['h'] <= a['y'],
                    f'{a} and {b}',
                )

    def test_each_panel_says_what_it_shows_and_in_which_unit(self):
        for _, dashboard in self.each():
            for panel in expressions.panels(dashboard):
                if panel['type'] == 'row':
                    continue
                self.assertTrue(panel['title'])
                self.assertRegex(panel['description'], r'\.$', panel['title'])
                units = json.dumps(panel['fieldConfig']) + json.dumps(
                    panel['options']
                )
                self.assertIn('"unit": "', units, panel['title'])

    def test_each_query_goes_to_the_chosen_source_and_servers(self):
        for _, dashboard in self.each():
            names = {v['name'] for v in dashboard['templating']['list']}
            for panel in expressions.panels(dashboard):
                for target in panel.get('targets', ()):
                    self.assertEqual(
                        target['datasource'],
                        {'type': 'prometheus', 'uid': '${datasource}'},
                    )
                    used = set(re.findall(r'\$(\w+)', target['expr']))
                    used.discard('__rate_interval')
                    self.assertLessEqual({'job', 'instance'}, used)
                    self.assertLessEqual(used, names)


if __name__ == '__main__':
    unittest.main()
