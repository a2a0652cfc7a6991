# SPDX-License-Identifier: Apache-2.0
"""A real cluster of six nodes, and a server that plans for it.

SLOTPLANNER_PREFIX is the installed tree that has bin/slotplanner-server,
SLOTPLANNER_TEST_SUPPORT the repository's tests/support.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

if "SLOTPLANNER_PREFIX" in os.environ:
    sys.path.insert(0, os.environ["SLOTPLANNER_TEST_SUPPORT"])
    import redis_fixture
    import server_fixture
else:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    nodes = redis_fixture.RedisCluster()
    yield nodes
    nodes.stop()


@pytest.fixture(scope="session")
def server(cluster: Any) -> Iterator[Any]:
    running = server_fixture.Server(cluster.spec)
    running.wait_for_topology()
    yield running
    running.stop()


@pytest.fixture
def target(cluster: Any, server: Any) -> str:
    """The planner of an empty cluster."""
    cluster.flush()
    return str(server.address)
