#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Real images and containers, by buildah and podman, for tests.

Everything is kept in SLOTPLANNER_CONTAINERS, a folder below the build folder;
what the user has in podman is neither seen nor touched. Base image and layers
stay there, so that only the first build of the image takes minutes.

As a program:
  containers.py check   can containers run here? Says why not; exit code 1.
  containers.py build   builds the image, as IMAGE; 77 when told to skip.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
IMAGE = 'localhost/slotplanner:test'
BASE = 'localhost/slotplanner-base:bookworm'
SKIPPED = 77  # CTest's SKIP_RETURN_CODE of our tests.
_TIMEOUT_SECONDS = 120

# Podman's and buildah's defaults want systemd, and more open files than some
# machines allow.
_CONTAINERS_CONF = """
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
tmp_dir = "{folder}/tmp"
"""
_STORAGE_CONF = """
[storage]
driver = "overlay"
graphroot = "{folder}/storage"
runroot = "{folder}/run"
"""


def left_out() -> bool:
    """Whether whoever runs the tests wants none with containers."""
    if os.environ.get('SLOTPLANNER_WITHOUT_CONTAINERS') != '1':
        return False
    print(
        '*** SKIPPED: no container is run, since '
        'SLOTPLANNER_WITHOUT_CONTAINERS=1.',
        file=sys.stderr,
    )
    return True


class Containers:
    """Podman with its storage in `folder`."""

    def __init__(self, folder: pathlib.Path | None = None):
        folder = folder or pathlib.Path(os.environ['SLOTPLANNER_CONTAINERS'])
        temporary = folder / 'tmp'
        temporary.mkdir(parents=True, exist_ok=True)
        for name, text in (
            ('containers.conf', _CONTAINERS_CONF),
            ('storage.conf', _STORAGE_CONF),
        ):
            (folder / name).write_text(
                text.format(folder=folder), encoding='utf-8'
            )
        self.env = {
            **os.environ,
            'BUILDAH_ISOLATION': 'chroot',
            'CONTAINERS_CONF': str(folder / 'containers.conf'),
            'CONTAINERS_STORAGE_CONF': str(folder / 'storage.conf'),
            'TMPDIR': str(temporary),
        }

    def podman(
        self, *args: str, expected: int | None = 0
    ) -> subprocess.CompletedProcess:
        """Runs `podman ARGS...`; an error unless it exits with `expected`."""
        result = subprocess.run(
            ['podman', *args],
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
        if expected is not None and result.returncode != expected:
            raise AssertionError(
                f'podman {" ".join(args)}: exit code {result.returncode}: '
                f'{result.stdout}{result.stderr}'
            )
        return result

    def inspect(self, kind: str, name: str) -> dict:
        """What podman knows of an `image` or a `container`."""
        return json.loads(self.podman(kind, 'inspect', name).stdout)[0]

    def build(self) -> int:
        """Builds IMAGE; the exit code."""
        return subprocess.run(
            [
                ROOT / 'scripts' / 'image',
                *('--tag', IMAGE, '--with', 'buildah', '--bootstrap-base'),
            ],
            env=self.env,
            stdin=subprocess.DEVNULL,
            check=False,
        ).returncode


def why_not() -> str:
    """Why no container runs here; empty if they do."""
    for program in ('buildah', 'podman', 'runc', 'mmdebstrap', 'catatonit'):
        if shutil.which(program) is None:
            return f'{program} is not installed; scripts/install-deps --ci'
    if os.geteuid() != 0:
        return 'the tests run containers as root only'
    # Of all programs catatonit needs no libraries.
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / 'rootfs').mkdir()
        shutil.copy(shutil.which('catatonit'), folder / 'rootfs' / 'catatonit')
        containers = Containers(folder / 'containers')
        try:
            containers.podman(
                *('run', '--rm', '--network=none', '--memory=64m'),
                *('--rootfs', str(folder / 'rootfs'), '/catatonit', '-V'),
            )
        except (AssertionError, subprocess.TimeoutExpired) as error:
            return str(error)
        finally:
            containers.podman('system', 'reset', '--force', expected=None)
    return ''


def main() -> int:
    if sys.argv[1:] == ['check']:
        reason = why_not()
        print(reason or 'Containers run here.', file=sys.stderr)
        return 1 if reason else 0
    if sys.argv[1:] == ['build']:
        return SKIPPED if left_out() else Containers().build()
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == '__main__':
    sys.exit(main())
