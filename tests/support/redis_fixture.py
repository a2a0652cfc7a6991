# SPDX-License-Identifier: Apache-2.0
"""Real Redis servers on loopback: one standalone, or a whole cluster."""

import pathlib
import random
import shutil
import subprocess
import tempfile

import resp

HOST = '127.0.0.1'
_REDIS_CLUSTER = (
    pathlib.Path(__file__).resolve().parents[2] / 'scripts' / 'redis-cluster'
)


class StandaloneRedis:
    """The single server that a plan's replies are compared with."""

    def __init__(self):
        self._directory = tempfile.mkdtemp(prefix='slotplanner-redis-')
        while True:
            # Below the range that the kernel hands out; Redis itself says when
            # the port is in use, by ending.
            self.port = random.randrange(21000, 31000)
            self._process = subprocess.Popen(
                [
                    'redis-server',
                    *('--bind', HOST),
                    *('--port', str(self.port)),
                    *('--dir', self._directory),
                    *('--save', ''),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                text=True,
            )
            for line in self._process.stdout:
                if 'Ready to accept connections' in line:
                    return
            self._process.stdout.close()
            self._process.wait()

    def connect(self) -> resp.Connection:
        return resp.Connection(HOST, self.port)

    def stop(self) -> None:
        self._process.terminate()
        self._process.stdout.close()
        self._process.wait()
        shutil.rmtree(self._directory)


class RedisCluster:
    """Three primaries, each with one replica unless told otherwise."""

    def __init__(self, replicas: int = 1, seed_port: int | None = None):
        self._directory = tempfile.mkdtemp(prefix='slotplanner-cluster-')
        command = [
            *(_REDIS_CLUSTER, 'start', self._directory),
            *('--replicas', str(replicas)),
        ]
        if seed_port is not None:
            command += ['--seed-port', str(seed_port)]
        result = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True
        )
        self.endpoints = result.stdout.strip().split(',')
        self.ports = [int(e.rpartition(':')[2]) for e in self.endpoints]

    @property
    def spec(self) -> str:
        return f'redis://{",".join(self.endpoints[:3])}'

    def connect(self, index: int = 0) -> resp.Connection:
        return resp.Connection(HOST, self.ports[index])

    def flush(self) -> None:
        for index in range(3):
            connection = self.connect(index)
            connection.call('FLUSHALL')
            connection.close()

    def stop(self) -> None:
        subprocess.run([_REDIS_CLUSTER, 'stop', self._directory], check=True)
        shutil.rmtree(self._directory)
