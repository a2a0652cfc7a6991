# SPDX-License-Identifier: Apache-2.0
"""What the program `differential` compares: a cluster of six nodes behind a
slotplanner server, and a standalone server."""

import contextlib
import os

import redis_fixture
import server_fixture


class DifferentialServers:
    """They run from construction until `stop`."""

    def __init__(self):
        with contextlib.ExitStack() as stack:
            cluster = redis_fixture.RedisCluster()
            stack.callback(cluster.stop)
            self._standalone = redis_fixture.StandaloneRedis()
            stack.callback(self._standalone.stop)
            self._server = server_fixture.Server(cluster.spec)
            stack.callback(self._server.stop)
            self._server.wait_for_topology()
            self._servers = stack.pop_all()

    def stop(self) -> None:
        self._servers.close()

    def command(self, *flags: str) -> list[str]:
        """How to run `differential`, the program that SLOTPLANNER_DIFFERENTIAL
        names, on them."""
        return [
            os.environ['SLOTPLANNER_DIFFERENTIAL'],
            f'--server={self._server.address}',
            f'--standalone={redis_fixture.HOST}:{self._standalone.port}',
            *flags,
        ]
