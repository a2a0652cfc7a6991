# SPDX-License-Identifier: Apache-2.0
"""Both clients against a real cluster and server."""

from __future__ import annotations

import asyncio
import pathlib
import re
import socket
import subprocess
import threading
import time
from typing import Any

import grpc
import pytest
import server_fixture

from slotplanner import (
    AsyncSlotPlanner,
    CommandRefused,
    ErrorReply,
    NodeError,
    Outcome,
    PartsFailed,
    PlannerError,
    PlannerUnavailable,
    ReadPreference,
    SlotPlanner,
    SplitPolicy,
    key_slot,
)

KEYS = [f"key:{i}" for i in range(200)]
SUPPORT = pathlib.Path(server_fixture.__file__).parent


class Blocking:
    """An `AsyncSlotPlanner` that blocks, so that the tests are the same."""

    def __init__(self, target: str, **options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._planner = AsyncSlotPlanner(target, **options)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._planner, name)
        return lambda *args, **options: self._loop.run_until_complete(
            method(*args, **options)
        )

    def __enter__(self) -> Blocking:
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.run_until_complete(self._planner.close())
        self._loop.close()


@pytest.fixture(params=[SlotPlanner, Blocking])
def make(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_commands_over_all_slots(make: Any, target: str) -> None:
    with make(target, timeout=20) as planner:
        planner.mset({key: f"value of {key}" for key in KEYS})
        values = [f"value of {key}".encode() for key in KEYS]
        assert planner.mget(*KEYS) == values
        # Rule C5: duplicates stay.
        assert planner.mget(KEYS[1], "none", KEYS[1]) == [
            values[1],
            None,
            values[1],
        ]
        assert planner.exists(*KEYS, KEYS[0]) == 201
        assert planner.touch(*KEYS, "none") == 200
        assert planner.delete(*KEYS[:50]) == 50
        assert planner.unlink(*KEYS) == 150
        assert planner.execute("DBSIZE") == 0


def test_slots_are_those_of_the_nodes(make: Any, target: str) -> None:
    with make(target, timeout=20) as planner:
        for key in (b"\0\xff", "a{b}c", "{}x", ""):
            assert planner.execute("CLUSTER", "KEYSLOT", key) == key_slot(key)


def test_bytes_of_all_kinds(make: Any, target: str) -> None:
    with make(target, timeout=20) as planner:
        key, value = b"k\r\n\0\xff", bytes(range(256)) * 1000
        assert planner.execute("SET", key, value) == b"OK"
        assert planner.execute("GET", key) == value
        assert planner.execute("SET", "n", 1.5) == b"OK"
        assert planner.execute("INCRBY", "i", 7) == 7
        assert planner.execute("GET", "n") == b"1.5"
        with pytest.raises(TypeError):
            planner.execute("SET", "k", True)
        with pytest.raises(TypeError):
            planner.execute_batch(["GET k"])


def test_a_batch_has_a_result_for_each(make: Any, target: str) -> None:
    with make(target, timeout=20) as planner:
        results = planner.execute_batch(
            [
                ["SET", "a", "1"],
                ["RENAME", "a", "b"],
                ["LPUSH", "a", "x"],
                ["MULTI"],
                ["INCR", "{t}a"],
                ["LPUSH", "{t}a", "x"],
                ["EXEC"],
                ["NOSUCH", "a"],
                ["GET", "a"],
            ]
        )
        assert results[0].get() == b"OK"
        with pytest.raises(CommandRefused) as refused:
            results[1].get()
        assert refused.value.reason == "CROSS_SLOT"
        assert [index for index, _ in refused.value.keys] == [1, 2]
        assert "HASH_TAG" in [kind for kind, _ in refused.value.remedies]
        with pytest.raises(NodeError) as wrong:
            results[2].get()
        assert wrong.value.code == "WRONGTYPE"
        one, error = results[6].get()
        assert one == 1
        assert isinstance(error, ErrorReply)
        assert error.code == "WRONGTYPE"
        with pytest.raises(CommandRefused) as unknown:
            results[7].get()
        assert unknown.value.reason == "UNKNOWN_COMMAND"
        assert results[8].get() == b"1"
        (part,) = results[8].parts
        assert part.outcome is Outcome.APPLIED
        assert part.node.startswith("127.0.0.1:")


def test_a_part_that_fails_is_named(make: Any, target: str) -> None:
    with make(target, timeout=20) as planner:
        planner.mset({"user:1": "x", "user:3": "y"})
        # Their slots, 10778 and 2648, are in the second and first third.
        node = planner.execute_batch([["GET", "user:1"]])[0].parts[0].node
        port = int(node.rpartition(":")[2])
        limit(port, "1")
        try:
            with pytest.raises(PartsFailed) as failed:
                planner.mset({"user:1": "x", "user:3": "y"})
        finally:
            limit(port, "0")
        outcomes = {
            part.node: (part.outcome, part.arg_indexes)
            for part in failed.value.parts
        }
        assert outcomes[node] == (Outcome.FAILED, [1, 2])
        assert (Outcome.APPLIED, [3, 4]) in outcomes.values()
        assert failed.value.may_have_been_applied


def limit(port: int, megabytes: str) -> None:
    """Has a node refuse writes with OOM, or no longer."""
    subprocess.run(
        ["redis-cli", "-p", str(port), "CONFIG", "SET"]
        + ["maxmemory", f"{megabytes}mb", "maxmemory-policy", "noeviction"],
        check=True,
        capture_output=True,
    )


def test_a_split_can_be_forbidden(make: Any, target: str) -> None:
    with make(target, split_policy=SplitPolicy.ATOMIC, timeout=20) as planner:
        with pytest.raises(CommandRefused) as refused:
            planner.mget("user:1", "user:2")
        assert refused.value.reason == "SPLIT_FORBIDDEN"
        assert planner.mget(
            "user:1", "user:2", split_policy=SplitPolicy.SPLIT
        ) == [None, None]


def test_reads_go_to_replicas(make: Any, target: str) -> None:
    with make(target, timeout=20) as planner:
        results = planner.execute_batch(
            [["SET", "k", "v"], ["WAIT", "1", "10000"]]
        )
        primary = results[0].parts[0].node
        (read,) = planner.execute_batch(
            [["GET", "k"]], read_preference=ReadPreference.REPLICA
        )
        assert read.get() == b"v"
        assert read.parts[0].node != primary
        (read,) = planner.execute_batch([["GET", "k"]])
        assert read.parts[0].node == primary


def test_what_a_watch_saw_change(make: Any, target: str) -> None:
    # Rule D3. The connection of a lone WATCH is in nobody's way.
    with make(target, timeout=20) as planner:
        planner.execute("WATCH", "k")
        planner.execute("SET", "k", "1")
        transaction = [["WATCH", "k"], ["SET", "k", "2"], ["MULTI"]]
        transaction += [["INCR", "k"], ["EXEC"]]
        assert planner.execute_batch(transaction)[-1].get() is None
        assert planner.execute_batch(transaction[2:])[-1].get() == [3]


def test_errors_of_the_planner(make: Any, target: str) -> None:
    with make(target, timeout=20) as planner:
        with pytest.raises(PlannerError) as unknown:
            planner.execute("GET", "k", cluster="none")
        assert unknown.value.code == "NOT_FOUND"
        assert unknown.value.reason == "UNKNOWN_CLUSTER"
        with pytest.raises(PlannerError) as empty:
            planner.execute_batch([])
        assert empty.value.reason == "EMPTY_REQUEST"


def test_a_planner_that_is_not_there(make: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        target = f"127.0.0.1:{unused.getsockname()[1]}"
        begin = time.monotonic()
        with (
            make(target, timeout=0.5) as planner,
            pytest.raises(PlannerUnavailable),
        ):
            planner.execute("SET", "k", "secret")
        assert time.monotonic() - begin < 10


def test_the_planner_wants_tls_and_a_token(
    make: Any, tmp_path: pathlib.Path
) -> None:
    token = "a-token-of-thirty-two-characters"
    subprocess.run(
        [SUPPORT / "make_tls_files", tmp_path, "--host", "planner.example"],
        check=True,
    )
    (tmp_path / "token").write_text(token)
    server = server_fixture.Server(
        config={
            "grpc_tls": {
                "certificate_file": f"{tmp_path}/server.crt",
                "key_file": f"{tmp_path}/server.key",
            },
            "callers": [{"name": "me", "token_file": f"{tmp_path}/token"}],
            "clusters": [{"name": "default", "source": "static:3"}],
        }
    )
    options = {
        "credentials": grpc.ssl_channel_credentials(
            (tmp_path / "ca.crt").read_bytes()
        ),
        "tls_server_name": "planner.example",
        "timeout": 20,
    }
    try:
        server.wait_for_topology()
        with make(server.address, **options) as planner:
            with pytest.raises(PlannerError) as stranger:
                planner.execute("SELECT", "1")
            assert stranger.value.reason == "UNKNOWN_CALLER"
        with make(server.address, bearer_token=token, **options) as planner:
            with pytest.raises(CommandRefused) as refused:
                planner.execute("SELECT", "1")
            assert refused.value.reason == "NOT_PLANNABLE"
    finally:
        server.stop()


def test_secrets_are_in_no_repr() -> None:
    planner = SlotPlanner(bearer_token="secret", password="secret")
    assert "secret" not in repr(planner._options)
    assert "secret" not in repr(planner._options.node_options())
    planner.close()


def test_threads_share_a_client(target: str) -> None:
    faults: list[BaseException] = []
    with SlotPlanner(target, timeout=60) as planner:

        def work(number: int) -> None:
            try:
                for i in range(20):
                    keys = [f"{number}:{i}:{j}" for j in range(10)]
                    planner.mset({key: key for key in keys})
                    assert planner.mget(*keys) == [k.encode() for k in keys]
            except BaseException as fault:
                faults.append(fault)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert faults == []


def test_tasks_share_a_client(target: str) -> None:
    asyncio.run(share_a_client(target))


async def share_a_client(target: str) -> None:
    async with AsyncSlotPlanner(target, timeout=60) as planner:

        async def work(number: int) -> None:
            keys = [f"{number}:{j}" for j in range(10)]
            await planner.mset({key: key for key in keys})
            assert await planner.mget(*keys) == [k.encode() for k in keys]

        await asyncio.gather(*(work(i) for i in range(50)))


def test_a_cancelled_call_leaves_nothing_behind(target: str) -> None:
    asyncio.run(cancel_a_call(target))


async def cancel_a_call(target: str) -> None:
    async with AsyncSlotPlanner(target, timeout=60) as planner:
        await planner.execute("SET", "k", "v")
        blocked = asyncio.ensure_future(planner.execute("BLPOP", "list", "0"))
        while not await clients_blocked(planner):
            pass
        blocked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await blocked
        # The node hears of it when the connection closes.
        while await clients_blocked(planner):
            pass
        await planner.execute("RPUSH", "list", "x")
        assert await planner.execute("LLEN", "list") == 1


async def clients_blocked(planner: AsyncSlotPlanner) -> bool:
    reply: Any = await planner.execute("INFO", "clients")
    return any(b"blocked_clients:1" in text for _, text in reply)


def test_the_readme_runs(target: str) -> None:
    readme = pathlib.Path(__file__).parents[2] / "README.md"
    blocks = re.findall(r"```python\n(.*?)```", readme.read_text(), re.S)
    assert len(blocks) == 2
    for block in blocks:
        code = block.replace("127.0.0.1:50051", target)
        exec(compile(code, str(readme), "exec"), {"__name__": "readme"})
