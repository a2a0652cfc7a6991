# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from slotplanner import (
    CallOptions,
    ClientArguments,
    ClientOptions,
    ReadPreference,
    SlotPlanner,
    SplitPolicy,
)
from slotplanner._core.batch_run import BatchOptions
from slotplanner._core.redirection import Endpoint
from slotplanner._io.options import encode_command
from slotplanner._io.planner_calls import PlannerAddress


def test_each_option_can_be_given() -> None:
    fields = {field.name for field in dataclasses.fields(ClientOptions)}
    assert ClientArguments.__annotations__.keys() == fields - {"target"}
    assert CallOptions.__annotations__.keys() <= fields


def test_a_call_goes_before_the_client() -> None:
    options = ClientOptions(
        cluster="a",
        client_zone="z",
        read_preference=ReadPreference.NEAREST,
        split_policy=SplitPolicy.ATOMIC,
    )
    assert options.batch_options({}) == BatchOptions("a", 3, "z", 1)
    assert options.batch_options(
        {
            "cluster": "",
            "client_zone": "",
            "read_preference": ReadPreference.PRIMARY,
            "split_policy": SplitPolicy.EMULATE,
            "timeout": None,
        }
    ) == BatchOptions("", 1, "", 3)


@pytest.mark.parametrize(
    "arguments",
    [{"timeout": 0}, {"timeout": float("nan")}, {"connect_timeout": -1}],
)
def test_times_are_positive(arguments: Any) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        ClientOptions(**arguments)


def test_what_is_no_option() -> None:
    strange: Any = {"time_out": 1}
    with pytest.raises(TypeError):
        SlotPlanner(**strange)
    with SlotPlanner() as planner:
        with pytest.raises(TypeError, match="time_out"):
            planner.execute("GET", "k", **strange)
        with pytest.raises(ValueError, match="timeout must be positive"):
            planner.execute("GET", "k", timeout=0)


def test_arguments_are_bytes() -> None:
    assert encode_command(
        ["é", b"\xff", bytearray(b"a"), memoryview(b"b"), 7, -1.5]
    ) == ["é".encode(), b"\xff", b"a", b"b", b"7", b"-1.5"]
    for wrong in (None, True, object(), ["a"]):
        args: Any = ["SET", "k", wrong]
        with pytest.raises(TypeError):
            encode_command(args)


def test_redirections_go_through_the_address_map() -> None:
    options = ClientOptions(
        address_map=lambda host, port: ("outside", port + 1)
    )
    mapped = options.batch_runner()._options.map_address(Endpoint("inside", 1))
    assert mapped == Endpoint("outside", 2)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("host:1", "dns:///host:1"),
        ("[::1]:1", "dns:///[::1]:1"),
        ("unix:/run/x", "unix:/run/x"),
        ("dns:///host:1", "dns:///host:1"),
        ("ipv6:[::1]:1", "ipv6:[::1]:1"),
        ("xds://host", "xds://host"),
    ],
)
def test_targets(target: str, expected: str) -> None:
    assert PlannerAddress(target).dns_target() == expected
