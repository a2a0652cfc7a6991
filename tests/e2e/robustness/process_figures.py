# SPDX-License-Identifier: Apache-2.0
"""What a process takes from the system, as /proc tells it."""

import os
import pathlib


def resident_mib(pid: int) -> float:
    return _status_kib(pid, 'VmRSS') / 1024


def peak_resident_mib(pid: int) -> float:
    return _status_kib(pid, 'VmHWM') / 1024


def descriptor_count(pid: int) -> int:
    return len(os.listdir(f'/proc/{pid}/fd'))


def thread_count(pid: int) -> int:
    return len(os.listdir(f'/proc/{pid}/task'))


def _status_kib(pid: int, field: str) -> int:
    for line in pathlib.Path(f'/proc/{pid}/status').read_text().splitlines():
        name, _, value = line.partition(':')
        if name == field:
            return int(value.split()[0])
    raise AssertionError(f'process {pid} tells no {field}')
