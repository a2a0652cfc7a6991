# SPDX-License-Identifier: Apache-2.0
"""Chromium without a window, and what a page does in it. It is spoken to in the
Chrome DevTools Protocol: messages of JSON over two pipes, each with a NUL byte
at its end."""

import base64
import fcntl
import itertools
import json
import os
import pathlib
import selectors
import subprocess
import tempfile
import time
from collections.abc import Mapping

_TIMEOUT_SECONDS = 30
_FLAGS = (
    '--headless=new',
    '--no-sandbox',  # Tests run as root, where it cannot be had.
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-default-apps',
    '--disable-extensions',
    '--disable-sync',
    '--no-default-browser-check',
    '--no-first-run',
    '--password-store=basic',
    '--hide-scrollbars',
    '--force-color-profile=srgb',
    '--remote-debugging-pipe',
)
# Where the browser reads commands and writes answers.
_COMMAND_FD = 3
_ANSWER_FD = 4


def _pipe() -> tuple[int, int]:
    """A pipe whose ends cannot be in the way of the browser's descriptors."""
    ends = []
    for low in os.pipe():
        ends.append(fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, 10))
        os.close(low)
    return ends[0], ends[1]


class Browser:
    """A browser with one page. What the page complains of is in `complaints`,
    what it loaded from the network or the disk in `requests`; both since the
    last `open`."""

    def __init__(self, program: str = 'chromium'):
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        command_in, self._command_out = _pipe()
        self._answer_in, answer_out = _pipe()

        def give_pipes() -> None:
            os.dup2(command_in, _COMMAND_FD)
            os.dup2(answer_out, _ANSWER_FD)

        self._process = subprocess.Popen(
            [program, *_FLAGS, f'--user-data-dir={self._profile.name}'],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, 'HOME': self._profile.name},
            close_fds=False,  # All others are closed by exec.
            preexec_fn=give_pipes,
        )
        os.close(command_in)
        os.close(answer_out)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._answer_in, selectors.EVENT_READ)
        self._ids = itertools.count(1)
        self._unread = b''
        self._session: str | None = None
        self._is_loaded = False
        self.complaints: list[str] = []
        self._requests: dict[str, str] = {}
        target = self.call('Target.createTarget', url='about:blank')
        self._session = self.call(
            'Target.attachToTarget', targetId=target['targetId'], flatten=True
        )['sessionId']
        for domain in ('Page', 'Runtime', 'Log', 'Network'):
            self.call(f'{domain}.enable')

    def stop(self) -> None:
        self._session = None
        try:
            self.call('Browser.close')
            self._process.wait(_TIMEOUT_SECONDS)
        except (OSError, EOFError, TimeoutError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._selector.close()
        os.close(self._command_out)
        os.close(self._answer_in)
        self._profile.cleanup()

    def call(self, method: str, **params) -> dict:
        """Its result, when it has come."""
        message_id = next(self._ids)
        message = {'id': message_id, 'method': method, 'params': params}
        if self._session is not None:
            message['sessionId'] = self._session
        data = json.dumps(message).encode() + b'\0'
        while data:
            data = data[os.write(self._command_out, data) :]
        while True:
            answer = self._read()
            if answer.get('id') == message_id:
                if 'error' in answer:
                    raise RuntimeError(f'{method}: {answer["error"]}')
                return answer['result']

    @property
    def requests(self) -> list[str]:
        return list(self._requests.values())

    def look(self, *, width: int, height: int, is_dark: bool) -> None:
        """How large the window is, and which colours the reader prefers."""
        self._size(width, height)
        self.call(
            'Emulation.setEmulatedMedia',
            features=[
                {
                    'name': 'prefers-color-scheme',
                    'value': 'dark' if is_dark else 'light',
                },
                {'name': 'prefers-reduced-motion', 'value': 'reduce'},
            ],
        )

    def open(self, page: pathlib.Path) -> None:
        """Loads a page, with all that it does while it is loaded."""
        self.complaints.clear()
        self._requests.clear()
        self._is_loaded = False
        self.call('Page.navigate', url=page.as_uri())
        while not self._is_loaded:
            self._read()
        self.evaluate(
            'new Promise((done) =>'
            ' requestAnimationFrame(() => requestAnimationFrame(done)))'
        )

    def evaluate(self, expression: str):
        """The value of an expression, or of the promise that it gives."""
        result = self.call(
            'Runtime.evaluate',
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
        )
        if 'exceptionDetails' in result:
            raise RuntimeError(result['exceptionDetails'])
        return result['result'].get('value')

    def press(self, key: str) -> None:
        """Presses a key that makes no text, as the arrow keys."""
        for kind in ('rawKeyDown', 'keyUp'):
            self.call('Input.dispatchKeyEvent', type=kind, key=key)

    def move_mouse(self, x: float, y: float) -> None:
        self.call('Input.dispatchMouseEvent', type='mouseMoved', x=x, y=y)

    def tap(self, x: float, y: float) -> None:
        for kind, points in (('touchStart', [{'x': x, 'y': y}]),
                             ('touchEnd', [])):
            self.call('Input.dispatchTouchEvent', type=kind, touchPoints=points)

    def take_picture(self, path: pathlib.Path) -> None:
        """Of the whole page, as PNG. The window is as high as the page then:
        what it does not show may not have been drawn."""
        width, height = self.evaluate(
            '[innerWidth, document.documentElement.scrollHeight]'
        )
        self._size(width, height)
        picture = self.call('Page.captureScreenshot')
        path.write_bytes(base64.b64decode(picture['data']))

    def print(self) -> bytes:
        """The page as PDF."""
        printed = self.call('Page.printToPDF', printBackground=True)
        return base64.b64decode(printed['data'])

    def _size(self, width: int, height: int) -> None:
        self.call(
            'Emulation.setDeviceMetricsOverride',
            width=width,
            height=height,
            deviceScaleFactor=2 if width < 600 else 1,
            mobile=width < 600,
        )

    def _read(self) -> Mapping:
        """The next message; what it tells of the page is noted."""
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while b'\0' not in self._unread:
            if not self._selector.select(deadline - time.monotonic()):
                raise TimeoutError('The browser does not answer.')
            data = os.read(self._answer_in, 1 << 20)
            if not data:
                raise EOFError('The browser has gone.')
            self._unread += data
        line, _, self._unread = self._unread.partition(b'\0')
        message = json.loads(line)
        self._note(message.get('method', ''), message.get('params', {}))
        return message

    def _note(self, event: str, params: Mapping) -> None:
        if event == 'Page.loadEventFired':
            self._is_loaded = True
        elif event == 'Network.requestWillBeSent':
            self._requests[params['requestId']] = params['request']['url']
        elif event == 'Network.loadingFailed':
            # What its policy refuses was never sent.
            if params.get('blockedReason') == 'csp':
                self._requests.pop(params['requestId'], None)
        elif event == 'Runtime.exceptionThrown':
            self.complaints.append(json.dumps(params['exceptionDetails']))
        elif event == 'Runtime.consoleAPICalled':
            self.complaints.append(json.dumps(params['args']))
        elif event == 'Log.entryAdded':
            self.complaints.append(json.dumps(params['entry']))
