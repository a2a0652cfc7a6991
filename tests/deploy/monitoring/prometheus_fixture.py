# SPDX-License-Identifier: Apache-2.0
"""A Prometheus on loopback, with the rules of deploy/prometheus."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
_TIMEOUT_SECONDS = 60


def wait_until(condition, what: str, timeout_seconds: float = _TIMEOUT_SECONDS):
    """What `condition` gives as soon as that is true; it is asked ten times a
    second, since a Prometheus tells nobody that it has scraped."""
    deadline = time.monotonic() + timeout_seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f'not within {timeout_seconds} s: {what}')
        time.sleep(0.1)
    return found


def plain_rules() -> str:
    """The rules as a file for Prometheus and promtool."""
    return subprocess.run(
        [ROOT / 'scripts' / 'prometheus-rules'],
        check=True,
        capture_output=True,
        text=True,
    ).stdout


class BadQuery(Exception):
    """Prometheus does not take the expression."""


class Prometheus:
    """Scrapes `admin_address` once a second, by the example's configuration."""

    def __init__(self, admin_address: str):
        self._directory = pathlib.Path(
            tempfile.mkdtemp(prefix='slotplanner-prometheus-')
        )
        (self._directory / 'slotplanner_rules.yaml').write_text(plain_rules())
        example = ROOT / 'deploy' / 'prometheus' / 'prometheus.yaml'
        config, targets = re.subn(
            r'127\.0\.0\.1:9464', admin_address, example.read_text()
        )
        config, intervals = re.subn(r'(_interval): 15s', r'\1: 1s', config)
        assert (targets, intervals) == (1, 2), 'the example has changed'
        (self._directory / 'prometheus.yaml').write_text(config)
        self._process = subprocess.Popen(
            [
                # Not to outlive a test that is killed.
                *('setpriv', '--pdeathsig', 'KILL'),
                'prometheus',
                f'--config.file={self._directory}/prometheus.yaml',
                f'--storage.tsdb.path={self._directory}/data',
                '--web.listen-address=127.0.0.1:0',
                '--log.format=json',
            ],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        log = []
        for line in self._process.stderr:
            log.append(line)
            entry = json.loads(line)
            message = entry.get('msg', '')
            if message == 'Listening on':
                self.address = entry['address']
            if 'ready to receive' in message:
                break
        # It would wait for a reader as soon as the pipe is full.
        self._reader = threading.Thread(target=self._process.stderr.read)
        self._reader.start()
        if not hasattr(self, 'address'):
            self.stop()
            raise AssertionError(f'Prometheus did not start: {log}')

    def get(self, path: str, **parameters: str):
        """The `data` of an answer of its HTTP API."""
        url = f'http://{self.address}/api/v1/{path}'
        if parameters:
            url += '?' + urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)['data']
        except urllib.error.HTTPError as error:
            raise BadQuery(json.load(error)['error']) from error

    def query(self, expression: str) -> list[dict]:
        """The series that the expression has now."""
        return self.get('query', query=expression)['result']

    def rules(self) -> list[dict]:
        """All of them, as Prometheus has read them."""
        return [r for g in self.get('rules')['groups'] for r in g['rules']]

    def wait_for(self, expression: str) -> list[dict]:
        """What the expression gives as soon as it gives anything."""
        return wait_until(lambda: self.query(expression), expression)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)
        self._reader.join()
        self._process.stderr.close()
        shutil.rmtree(self._directory)
