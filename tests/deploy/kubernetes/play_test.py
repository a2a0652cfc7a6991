#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The dev overlay's Deployment, run for real by `podman play kube`, which knows
pods, ConfigMaps and security contexts, but neither Services nor gRPC probes."""

import pathlib
import sys
import tempfile
import time
import unittest

import containers
import yaml
from manifests import Manifests, rendered

_TOOL = '/usr/local/bin/slotplanner'
_TIMEOUT_SECONDS = 60
_NO_CAPABILITIES = '0' * 16


def _playable() -> str:
    """The Deployment and its ConfigMap, with the image of the test."""
    manifests = Manifests(rendered('overlays/dev'))
    for pod in manifests.pods():
        # The pod has no network, so that nothing is published either.
        for container in pod['spec']['containers']:
            del container['ports']
            container['image'] = containers.IMAGE
            container['imagePullPolicy'] = 'Never'
            for probe in ('startupProbe', 'livenessProbe', 'readinessProbe'):
                del container[probe]
    return yaml.safe_dump_all(
        [*manifests.of_kind('ConfigMap'), *manifests.of_kind('Deployment')]
    )


class PlayTest(unittest.TestCase):
    def setUp(self):
        self.podman = containers.Containers()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        file = pathlib.Path(directory.name) / 'deployment.yaml'
        file.write_text(_playable(), encoding='utf-8')
        self.addCleanup(
            self.podman.podman, 'play', 'kube', '--down', str(file)
        )
        self.podman.podman('play', 'kube', '--network=none', str(file))
        (self.name,) = [
            name
            for name in self.podman.podman(
                'ps', '--all', '--format={{.Names}}'
            ).stdout.split()
            if name.endswith('-slotplanner')
        ]

    def _keyslot(self) -> str:
        """What the tool in the container is told by the server, once that
        listens."""
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while True:
            result = self.podman.podman(
                *('exec', self.name, _TOOL, 'keyslot'),
                *('--server=127.0.0.1:50051', 'foo'),
                expected=None,
            )
            if result.returncode == 0:
                return result.stdout
            if time.monotonic() > deadline:
                log = self.podman.podman('logs', self.name).stderr
                raise AssertionError(f'{result.stderr}\n{log}')

    def test_runs_with_the_rights_that_the_manifest_gives(self):
        # From the cluster specification, "Keys hash tags".
        self.assertIn('12182', self._keyslot())

        state = self.podman.inspect('container', self.name)
        self.assertTrue(state['HostConfig']['ReadonlyRootfs'])
        status = dict(
            line.split(':\t', 1)
            for line in pathlib.Path(f'/proc/{state["State"]["Pid"]}/status')
            .read_text(encoding='utf-8')
            .splitlines()
            if ':\t' in line
        )
        self.assertEqual(set(status['Uid'].split()), {'65532'})
        self.assertEqual(set(status['Gid'].split()), {'65532'})
        for kind in ('CapEff', 'CapPrm', 'CapBnd', 'CapInh', 'CapAmb'):
            self.assertEqual(status[kind].strip(), _NO_CAPABILITIES)
        self.assertEqual(status['NoNewPrivs'].strip(), '1')

        # The name in the log is from the ConfigMap.
        log = self.podman.podman('logs', self.name).stderr
        self.assertIn('"following_cluster"', log)

        # Drains, and ends before the grace period does.
        (grace,) = [
            pod['spec']['terminationGracePeriodSeconds']
            for pod in Manifests(rendered('overlays/dev')).pods()
        ]
        self.podman.podman('stop', f'--time={grace}', self.name)
        state = self.podman.inspect('container', self.name)['State']
        self.assertEqual(state['ExitCode'], 0)


if __name__ == '__main__':
    if containers.left_out():
        sys.exit(containers.SKIPPED)
    unittest.main()
