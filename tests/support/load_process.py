# SPDX-License-Identifier: Apache-2.0
"""A program that puts load on a server and tells of it, a JSON object a line:
its progress every second, and a summary at its end, which SIGTERM brings."""

import json
import signal
import subprocess
import threading
from collections.abc import Sequence

_TIMEOUT_SECONDS = 60


class LoadProcess:
    """Runs from construction until `stop`."""

    def __init__(self, command: Sequence[str]):
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        self._events = []  # Guarded by _changed.
        self._has_ended = False  # Guarded by _changed.
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout:
            with self._changed:
                self._events.append(json.loads(line))
                self._changed.notify_all()
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()

    def of_type(self, event_type: str) -> list[dict]:
        with self._changed:
            return self._of_type(event_type)

    def _of_type(self, event_type: str) -> list[dict]:
        return [e for e in self._events if e['type'] == event_type]

    def run_on(self, seconds: int = 2) -> None:
        """Returns when it has told of its progress so many times more: it does
        so every second."""
        with self._changed:
            count = len(self._of_type('progress')) + seconds
            self._changed.wait_for(
                lambda: self._has_ended
                or len(self._of_type('progress')) >= count,
                _TIMEOUT_SECONDS + seconds,
            )
            if self._has_ended or len(self._of_type('progress')) < count:
                raise AssertionError(f'the load ended: {self._events[-3:]}')

    def stop(self) -> dict:
        """Its summary."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self, timeout_seconds: float = _TIMEOUT_SECONDS) -> dict:
        """Its summary, once it has ended by itself."""
        self._process.wait(timeout_seconds)
        self._reader.join()
        self._process.stdout.close()
        summaries = self.of_type('summary')
        if not summaries:
            raise AssertionError(
                f'the load ended with {self._process.returncode} and no summary'
            )
        return summaries[-1]
