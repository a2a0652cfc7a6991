# SPDX-License-Identifier: Apache-2.0
"""What both clients take, and make of it."""

from __future__ import annotations

import dataclasses
import enum
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, TypedDict, Union

import grpc

from slotplanner._core.batch_run import BatchOptions, BatchRunner, NothingSent
from slotplanner._core.plan_run import PlanRunOptions
from slotplanner._core.redirection import Endpoint
from slotplanner._io.connecting import DEFAULT_CONNECT_TIMEOUT, NodeOptions
from slotplanner._io.planner_calls import PlannerAddress
from slotplanner.errors import PlannerError, PlannerUnavailable

Arg = Union[bytes, str, int, float, bytearray, memoryview]
"""An argument of a command: bytes as they are, str as UTF-8, numbers as Python
writes them."""

AddressMap = Callable[[str, int], "tuple[str, int]"]
"""From the host and port that a node announces to those to connect to."""


class ReadPreference(enum.IntEnum):
    """Which node of a shard serves reads."""

    PRIMARY = 1
    """The primary."""
    REPLICA = 2
    """A replica that is online, or the primary if there is none."""
    NEAREST = 3
    """A node in the client's zone: a replica, else the primary; failing both,
    as `REPLICA`."""


class SplitPolicy(enum.IntEnum):
    """What may be done to a command whose keys are in several slots."""

    ATOMIC = 1
    """Refuse it."""
    SPLIT = 2
    """Split it where the parts mean the same but for atomicity; refuse it
    otherwise."""
    EMULATE = 3
    """Also rewrite it into several commands."""


class CallOptions(TypedDict, total=False):
    """What each call takes beside its arguments; None means what the client
    says. See `ClientOptions`."""

    timeout: float | None
    read_preference: ReadPreference | None
    split_policy: SplitPolicy | None
    client_zone: str | None
    cluster: str | None


class ClientArguments(TypedDict, total=False):
    """What the clients take as keyword arguments: `ClientOptions` but for the
    target."""

    credentials: grpc.ChannelCredentials | None
    tls_server_name: str
    bearer_token: str
    cluster: str
    timeout: float
    read_preference: ReadPreference
    split_policy: SplitPolicy
    client_zone: str
    username: str
    password: str
    node_tls: Mapping[str, Any] | None
    connect_timeout: float
    connection_factory: Callable[..., Any] | None
    address_map: AddressMap | None


@dataclasses.dataclass(frozen=True)
class ClientOptions:
    """How a client reaches the planner and the nodes, and what it asks for.

    Raises `ValueError` when a time is not positive.
    """

    target: str = "127.0.0.1:50051"
    """The planner: `host:port`, whose addresses are all used in turn;
    `unix:PATH`; or another target in gRPC's notation."""
    credentials: grpc.ChannelCredentials | None = dataclasses.field(
        default=None, repr=False
    )
    """TLS to the planner, as `grpc.ssl_channel_credentials` makes them; None:
    plain text."""
    tls_server_name: str = ""
    """The name that the planner's certificate must have, if not the target's
    host."""
    bearer_token: str = dataclasses.field(default="", repr=False)
    """Sent to the planner with each call, if not empty."""

    cluster: str = ""
    """Name of the cluster; empty means the planner's default."""
    timeout: float = 1.0
    """How long a call may take by default, in seconds, all retries
    included."""
    read_preference: ReadPreference = ReadPreference.PRIMARY
    split_policy: SplitPolicy = SplitPolicy.SPLIT
    client_zone: str = ""
    """Availability zone of this client, for `ReadPreference.NEAREST`."""

    username: str = ""
    """The ACL user on the nodes; empty means the default user."""
    password: str = dataclasses.field(default="", repr=False)
    """For the nodes; empty: AUTH is not sent."""
    node_tls: Mapping[str, Any] | None = dataclasses.field(
        default=None, repr=False
    )
    """TLS to the nodes: arguments of redis-py's `SSLConnection`, such as
    `ssl_ca_certs`, or `{}`; None: plain TCP."""
    connect_timeout: float = DEFAULT_CONNECT_TIMEOUT
    """How long one node may take to accept a connection, in seconds."""
    connection_factory: Callable[..., Any] | None = dataclasses.field(
        default=None, repr=False
    )
    """Makes the connections to nodes instead of redis-py's `Connection` or
    `SSLConnection` (those of `redis.asyncio` for `AsyncSlotPlanner`), from the
    same keyword arguments."""
    address_map: AddressMap | None = None
    """Where to find the nodes that redirections name, for clusters behind
    address translation. What a plan names is found as it stands."""

    def __post_init__(self) -> None:
        for name in ("timeout", "connect_timeout"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive.")

    def planner_address(self) -> PlannerAddress:
        """Where the planner is."""
        return PlannerAddress(
            self.target,
            self.credentials,
            self.tls_server_name,
            self.bearer_token,
        )

    def node_options(self) -> NodeOptions:
        """How to connect to nodes."""
        return NodeOptions(
            self.username,
            self.password,
            self.node_tls,
            self.connect_timeout,
            self.connection_factory,
        )

    def batch_runner(self) -> BatchRunner:
        """What runs the batches."""
        address_map = self.address_map
        if address_map is None:
            return BatchRunner(PlanRunOptions())
        return BatchRunner(
            PlanRunOptions(
                map_address=lambda endpoint: Endpoint(*address_map(*endpoint))
            )
        )

    def batch_options(self, call: CallOptions) -> BatchOptions:
        """What a call asks for."""
        said = self._said_by(call)
        return BatchOptions(
            cluster=said.cluster,
            read_preference=int(said.read_preference),
            client_zone=said.client_zone,
            split_policy=int(said.split_policy),
        )

    def deadline(self, call: CallOptions) -> float:
        """When a call that begins now is over, by time.monotonic()."""
        return time.monotonic() + self._said_by(call).timeout

    def _said_by(self, call: CallOptions) -> ClientOptions:
        """These options, with what the call says in their place."""
        said: Any = {
            name: value for name, value in call.items() if value is not None
        }
        strange = sorted(said.keys() - CallOptions.__annotations__.keys())
        if strange:
            raise TypeError(f"There is no option {', '.join(strange)}.")
        return dataclasses.replace(self, **said) if said else self


def encode_command(args: Iterable[Arg]) -> list[bytes]:
    """The arguments as they go over the wire. Raises `TypeError`."""
    if isinstance(args, (str, bytes)):
        raise TypeError("A command is a sequence of arguments, not a string.")
    return [_encode(arg) for arg in args]


def encode_commands(commands: Iterable[Iterable[Arg]]) -> list[list[bytes]]:
    """Each command as it goes over the wire. Raises `TypeError`."""
    return [encode_command(command) for command in commands]


def mset_args(values: Mapping[Any, Arg]) -> Sequence[Arg]:
    """The command that sets them all."""
    args: list[Arg] = ["MSET"]
    for key, value in values.items():
        args += (key, value)
    return args


def planner_error(error: NothingSent) -> PlannerError:
    """What to raise when nothing was sent."""
    failure = error.failure
    is_passing = failure.code in ("UNAVAILABLE", "DEADLINE_EXCEEDED")
    kind = PlannerUnavailable if is_passing else PlannerError
    return kind(failure.code, failure.message, failure.reason)


def _encode(arg: Arg) -> bytes:
    if isinstance(arg, bytes):
        return arg
    if isinstance(arg, str):
        return arg.encode()
    if isinstance(arg, (bytearray, memoryview)):
        return bytes(arg)
    # A bool would be stored as "True", which nobody wants.
    if isinstance(arg, (int, float)) and not isinstance(arg, bool):
        return repr(arg).encode()
    raise TypeError(
        f"An argument is bytes, str, int or float, not {type(arg).__name__}."
    )
