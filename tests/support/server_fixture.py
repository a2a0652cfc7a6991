# SPDX-License-Identifier: Apache-2.0
"""The installed programs: a running slotplanner-server, and its tool."""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

import grpc

from slotplanner.v1 import slot_planner_service_pb2_grpc
from slotplanner.v1 import topology_service_pb2_grpc

PREFIX = pathlib.Path(os.environ['SLOTPLANNER_PREFIX'])
_TIMEOUT_SECONDS = 30
_SAMPLE = re.compile(r'(\w+)(?:\{(.*)\})? (\S+)')
_LABEL = re.compile(r'(\w+)="([^"]*)"')


def _parse_log_line(line: bytes) -> dict:
    try:
        return json.loads(line)
    except ValueError:  # What a sanitizer reports, say.
        return {'event': 'not_json', 'text': line.decode(errors='replace')}


class Server:
    """A server on ports of the kernel's choice. `specs` are the values of its
    --cluster flags, `config` what its --config file holds for as long as it
    runs; `prefix` goes before its command line. `credentials` are those of its
    own channel."""

    def __init__(
        self,
        *specs: str,
        flags: tuple[str, ...] = (),
        config: dict | None = None,
        prefix: tuple[str, ...] = (),
        credentials: grpc.ChannelCredentials | None = None,
    ):
        self._prefix = prefix
        self._credentials = credentials
        with contextlib.ExitStack() as stack:
            if config is not None:
                # It stays as long as the server: one that goes is a change.
                folder = stack.enter_context(tempfile.TemporaryDirectory())
                self._config_file = pathlib.Path(folder, 'config.yaml')
                self.write_config(config)
                flags = (f'--config={self._config_file}', *flags)
            self._start(specs, flags)
            self._files = stack.pop_all()

    def write_config(self, config: dict | str) -> None:
        """Replaces the file at once, by settings or by text. Only for a server
        that was made with a `config`."""
        text = config if isinstance(config, str) else json.dumps(config)
        new = self._config_file.with_suffix('.new')
        new.write_text(text)  # JSON is YAML, too.
        new.rename(self._config_file)

    def _start(self, specs: tuple[str, ...], flags: tuple[str, ...]) -> None:
        self._process = subprocess.Popen(
            [
                *self._prefix,
                PREFIX / 'bin' / 'slotplanner-server',
                '--grpc_listen=127.0.0.1:0',
                '--admin_listen=127.0.0.1:0',
                '--refresh_interval=200ms',
                '--drain_delay=0s',
                *(f'--cluster={spec}' for spec in specs),
                *flags,
            ],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self._log = []  # Guarded by _logged.
        self._logged = threading.Condition()
        self._reader = threading.Thread(target=self._read_log)
        self._reader.start()
        try:
            self.address = self.wait_for_event('listening', protocol='grpc')[
                'address'
            ]
            self.admin_address = self.wait_for_event(
                'listening', protocol='http'
            )['address']
        except AssertionError:
            self._end()
            raise
        self.channel = self.connect(self._credentials)
        self.planner = slot_planner_service_pb2_grpc.SlotPlannerServiceStub(
            self.channel
        )
        self.topology = topology_service_pb2_grpc.TopologyServiceStub(
            self.channel
        )

    def connect(
        self, credentials: grpc.ChannelCredentials | None = None
    ) -> grpc.Channel:
        """A channel that shares its connection with no other; plain text
        without credentials."""
        options = (('grpc.use_local_subchannel_pool', 1),)
        if credentials is None:
            return grpc.insecure_channel(self.address, options)
        return grpc.secure_channel(self.address, credentials, options)

    def _read_log(self) -> None:
        for line in self._process.stderr:
            with self._logged:
                self._log.append(_parse_log_line(line))
                self._logged.notify_all()
        with self._logged:
            self._log.append({'event': 'end_of_log'})
            self._logged.notify_all()

    def wait_for_event(self, event: str, **fields: str) -> dict:
        """The first log line of that event with those fields."""
        wanted = {'event': event, **fields}

        def find(*events: dict) -> dict | None:
            for line in self._log:
                if any(wanted.items() <= line.items() for wanted in events):
                    return line
            return None

        with self._logged:
            line = self._logged.wait_for(
                lambda: find(wanted, {'event': 'end_of_log'}), _TIMEOUT_SECONDS
            )
        if line is None or line['event'] != event:
            raise AssertionError(f'{wanted} is not in the log: {self._log}')
        return line

    def log_text(self) -> str:
        """All it has logged."""
        return json.dumps(self.log_lines())

    def log_lines(self) -> list[dict]:
        """All it has logged."""
        with self._logged:
            return list(self._log)

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_for_topology(self, cluster: str = 'default') -> 'Server':
        """Returns when the topology of that cluster has been read."""
        self.wait_for_event('topology_first_read', cluster=cluster)
        return self

    def http_get(self, path: str) -> tuple[int, str]:
        url = f'http://{self.admin_address}{path}'
        try:
            with urllib.request.urlopen(
                url, timeout=_TIMEOUT_SECONDS
            ) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metric(self, name: str, **labels: str) -> float:
        """The sum of the samples of that name that have those labels."""
        total = 0.0
        for line in self.http_get('/metrics')[1].splitlines():
            match = _SAMPLE.fullmatch(line)
            if match and match[1] == name:
                if (
                    labels.items()
                    <= dict(_LABEL.findall(match[2] or '')).items()
                ):
                    total += float(match[3])
        return total

    def wait_for_metric(self, name: str, value: float, **labels: str) -> None:
        """Returns when `metric` is `value`."""
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while self.metric(name, **labels) != value:
            if time.monotonic() > deadline:
                raise AssertionError(
                    f'{name} is {self.metric(name, **labels)}, not {value}'
                )
            time.sleep(0.01)

    def stop(self) -> int:
        """Asks the server to end, and returns its exit code."""
        self.channel.close()
        with self._files:
            return self._end()

    def _end(self) -> int:
        self._process.terminate()
        code = self._process.wait(timeout=_TIMEOUT_SECONDS)
        self._reader.join()
        self._process.stderr.close()
        return code


def run_tool(
    server: Server, *args: bytes | str, stdin: bytes = b''
) -> subprocess.CompletedProcess:
    """Runs `slotplanner ARGS...` against `server`."""
    return subprocess.run(
        [PREFIX / 'bin' / 'slotplanner', f'--server={server.address}', *args],
        input=stdin,
        capture_output=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
