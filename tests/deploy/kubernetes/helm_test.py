#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The chart of scripts/helm-chart, by the real helm."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from manifests import DEPLOY, ROOT, TOOLS, Manifests, name_of, parse, rendered

# Of a generated name; kustomize and helm compute it in their own ways.
_HASH = re.compile(r'slotplanner-config-\w{10}')


def _make_chart(overlay: str, directory: str) -> pathlib.Path:
    chart = pathlib.Path(directory) / 'slotplanner'
    subprocess.run(
        [ROOT / 'scripts/helm-chart', DEPLOY / overlay, chart],
        env={**os.environ, 'KUBECTL': str(TOOLS / 'bin/kubectl')},
        stdin=subprocess.DEVNULL,
        check=True,
    )
    return chart


def _helm(*args: object) -> str:
    return subprocess.run(
        [TOOLS / 'bin/helm', *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


def _installed(chart: pathlib.Path, *flags: str) -> list[dict]:
    """What `helm install` would, in the namespace `there`."""
    return parse(
        _helm('template', 'mine', chart, '--namespace=there', *flags)
    )


def _comparable(objects: list[dict]) -> dict[str, dict]:
    """The objects by name, without what a release is to change."""
    found = {}
    for thing in json.loads(_HASH.sub('config', json.dumps(objects))):
        if thing['kind'] == 'Namespace':
            continue
        for metadata in (
            thing['metadata'],
            thing.get('spec', {}).get('template', {}).get('metadata', {}),
        ):
            metadata.pop('namespace', None)
            for label in ('instance', 'managed-by'):
                metadata.get('labels', {}).pop(f'app.kubernetes.io/{label}', 0)
        found[name_of(thing)] = thing
    return found


class HelmTest(unittest.TestCase):
    def test_a_chart_installs_what_kustomize_renders(self):
        for overlay in ('overlays/dev', 'overlays/production'):
            with (
                self.subTest(overlay),
                tempfile.TemporaryDirectory() as directory,
            ):
                chart = _make_chart(overlay, directory)
                _helm('lint', '--strict', '--quiet', chart)
                objects = _installed(chart)
                self.assertEqual(
                    _comparable(objects), _comparable(rendered(overlay))
                )
                for thing in objects:
                    self.assertEqual(thing['metadata']['namespace'], 'there')

    def test_values_change_what_they_say(self):
        with tempfile.TemporaryDirectory() as directory:
            chart = _make_chart('overlays/production', directory)
            before = Manifests(_installed(chart))
            after = Manifests(
                _installed(
                    chart,
                    '--set=image.repository=other.example/planner',
                    '--set-string=image.tag=1.2',
                    '--set-json=resources={"limits":{"memory":"1Gi"}}',
                    '--set=autoscaling.maxReplicas=20',
                    '--set-string=config=clusters: []',
                )
            )
        container = after.pods()[0]['spec']['containers'][0]
        self.assertEqual(container['image'], 'other.example/planner:1.2')
        self.assertEqual(container['resources']['limits']['memory'], '1Gi')
        self.assertEqual(
            after.pods()[0]['metadata']['labels']['app.kubernetes.io/version'],
            '1.2',
        )
        (scaler,) = after.of_kind('HorizontalPodAutoscaler')
        self.assertEqual(scaler['spec']['minReplicas'], 3)
        self.assertEqual(scaler['spec']['maxReplicas'], 20)
        # Another name, so that the pods are replaced.
        names = [
            next(
                volume['configMap']['name']
                for volume in manifests.pods()[0]['spec']['volumes']
                if 'configMap' in volume
            )
            for manifests in (before, after)
        ]
        self.assertNotEqual(*names)
        config = after.find('ConfigMap', names[1])
        self.assertEqual(config['data'], {'server.yaml': 'clusters: []'})

    def test_values_are_for_people_to_read(self):
        with tempfile.TemporaryDirectory() as directory:
            chart = _make_chart('overlays/dev', directory)
            values = (chart / 'values.yaml').read_text(encoding='utf-8')
        self.assertIn('config: |\n  # SPDX', values)
        self.assertIn('replicas: 1\n', values)


if __name__ == '__main__':
    unittest.main()
