# SPDX-License-Identifier: Apache-2.0
import asyncio
import json


class RunnerError(Exception):
    """The runner ended, or said something that is no answer."""


class Process:
    """A child process that answers lines of JSON."""

    def __init__(self, command: list[str]):
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._last_id = 0

    async def ask(self, request: dict, timeout_seconds: float) -> dict:
        """Its answer, without the id. Starts it if it is not running."""
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=64 << 20,
            )
            # Some languages take their time.
            timeout_seconds += 30
        self._last_id += 1
        line = json.dumps({'id': self._last_id, **request}) + '\n'
        try:
            return await asyncio.wait_for(
                self._exchange(line.encode()), timeout_seconds
            )
        except RunnerError:
            await self.kill()
            raise
        except asyncio.TimeoutError:
            await self.kill()
            raise RunnerError('the runner did not answer in time') from None

    async def _exchange(self, line: bytes) -> dict:
        try:
            self._process.stdin.write(line)
            await self._process.stdin.drain()
        except ConnectionError:
            raise RunnerError('the runner ended too early') from None
        reply = await self._process.stdout.readline()
        if not reply:
            raise RunnerError('the runner ended instead of answering')
        try:
            answer = json.loads(reply)
        except ValueError:
            raise RunnerError(f'the answer is no JSON: {reply!r}') from None
        if not isinstance(answer, dict) or answer.pop('id', 0) != self._last_id:
            raise RunnerError(f'the answer has another id: {reply!r}')
        return answer

    async def stop(self) -> None:
        """Closes its standard input. RunnerError unless it exits with 0."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.stdin.close()
        try:
            code = await asyncio.wait_for(process.wait(), 30)
        except asyncio.TimeoutError:
            process.kill()
            await process.wait()
            raise RunnerError('the runner did not end with its input') from None
        if code != 0:
            raise RunnerError(f'the runner exited with {code}')

    async def kill(self) -> None:
        if self._process is not None:
            process, self._process = self._process, None
            if process.returncode is None:
                process.kill()
            await process.wait()


class Runner(Process):
    """A runner of the planner at `target`."""

    def __init__(self, command: list[str], target: str):
        super().__init__([*command, f'--planner={target}'])
