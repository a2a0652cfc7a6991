# SPDX-License-Identifier: Apache-2.0
"""Calls to the planner, blocking and with asyncio."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Sequence
from typing import Any, Union

import grpc
import grpc.aio

from slotplanner._core.effects import (
    Answer,
    GetKeyPositions,
    PlanBatch,
    PlannerFailure,
    ReportRedirection,
)
from slotplanner.rpc.v1 import error_details_pb2
from slotplanner.v1 import (
    slot_planner_service_pb2,
    topology_service_pb2,
)

Call = Union[PlanBatch, GetKeyPositions, ReportRedirection]

# Room for a plan of a million keys.
_MAX_MESSAGE_BYTES = 64 << 20

_SERVICE_CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [
        {
            "name": [
                {"service": "slotplanner.v1.SlotPlannerService"},
                {"service": "slotplanner.v1.TopologyService"},
            ],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.1s",
                "maxBackoff": "1s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
}

_METHODS: dict[type[Call], tuple[str, Any, Any]] = {
    PlanBatch: (
        "/slotplanner.v1.SlotPlannerService/PlanBatch",
        slot_planner_service_pb2.PlanBatchRequest,
        slot_planner_service_pb2.PlanBatchResponse,
    ),
    GetKeyPositions: (
        "/slotplanner.v1.TopologyService/GetKeyPositions",
        topology_service_pb2.GetKeyPositionsRequest,
        topology_service_pb2.GetKeyPositionsResponse,
    ),
    ReportRedirection: (
        "/slotplanner.v1.TopologyService/ReportRedirection",
        topology_service_pb2.ReportRedirectionRequest,
        topology_service_pb2.ReportRedirectionResponse,
    ),
}

_ERROR_INFO_TYPE_URL = "type.googleapis.com/google.rpc.ErrorInfo"
_ERROR_DETAILS_KEY = "grpc-status-details-bin"


@dataclasses.dataclass(frozen=True)
class PlannerAddress:
    """How to reach a slotplanner server."""

    target: str
    """`host:port`, whose addresses are all used in turn, or `unix:PATH`, or any
    other target in gRPC's own notation with its scheme."""
    credentials: grpc.ChannelCredentials | None = None
    """None: plain text."""
    tls_server_name: str = ""
    """The name that the server's certificate must have, if not the target's
    host."""
    bearer_token: str = dataclasses.field(default="", repr=False)
    """Sent with each call, if not empty. Over plain text it can be read on the
    way."""

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """That of each call."""
        if not self.bearer_token:
            return ()
        return (("authorization", f"Bearer {self.bearer_token}"),)

    def dns_target(self) -> str:
        """`host:port` as a DNS name, so that every address behind it gets its
        share of the calls. Targets that have a scheme stay as they are."""
        schemes = ("dns:", "unix:", "unix-abstract:", "ipv4:", "ipv6:")
        if "://" in self.target or self.target.startswith(schemes):
            return self.target
        return f"dns:///{self.target}"

    def channel_options(self) -> Sequence[tuple[str, Any]]:
        """Those of the channel to it."""
        options: list[tuple[str, Any]] = [
            ("grpc.service_config", json.dumps(_SERVICE_CONFIG)),
            ("grpc.enable_retries", 1),
            ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", _MAX_MESSAGE_BYTES),
            # A request that outgrows this buffer (256 KiB by default) is never
            # retried.
            ("grpc.per_rpc_retry_buffer_size", _MAX_MESSAGE_BYTES),
            # Pings, while a call is open, notice within 20 s that nobody is
            # there. The server allows one every 10 s.
            ("grpc.keepalive_time_ms", 15_000),
            ("grpc.keepalive_timeout_ms", 5_000),
            ("grpc.http2.max_pings_without_data", 0),
        ]
        if self.tls_server_name:
            options.append(
                ("grpc.ssl_target_name_override", self.tls_server_name)
            )
        return options


def _failure_of(error: grpc.RpcError) -> PlannerFailure:
    # Both kinds of calls raise what is a grpc.Call, too.
    call: Any = error
    metadata = call.trailing_metadata() or ()
    reason = ""
    for key, value in metadata:
        if key == _ERROR_DETAILS_KEY:
            reason = _reason_in(value)
    return PlannerFailure(call.code().name, call.details() or "", reason)


def _reason_in(details: bytes) -> str:
    """The reason in a serialized `google.rpc.Status`, or an empty string."""
    try:
        status = error_details_pb2.Status.FromString(details)
        for detail in status.details:
            if detail.type_url == _ERROR_INFO_TYPE_URL:
                info = error_details_pb2.ErrorInfo.FromString(detail.value)
                if info.domain == "slotplanner":
                    return info.reason
    except Exception:
        pass
    return ""


def _timeout(call: Call) -> float:
    return max(0.0, call.deadline - time.monotonic())


class PlannerCalls:
    """Blocking calls. Connects at the first one, not before. Thread-safe."""

    def __init__(self, address: PlannerAddress) -> None:
        options = address.channel_options()
        target = address.dns_target()
        self._channel: grpc.Channel = (
            grpc.insecure_channel(target, options)
            if address.credentials is None
            else grpc.secure_channel(target, address.credentials, options)
        )
        self._metadata = address.metadata()
        self._methods = {
            kind: self._channel.unary_unary(
                path, request.SerializeToString, response.FromString
            )
            for kind, (path, request, response) in _METHODS.items()
        }

    def call(self, call: Call) -> Answer[Any]:
        """The response or the failure, by the call's deadline."""
        try:
            response = self._methods[type(call)](
                call.request, timeout=_timeout(call), metadata=self._metadata
            )
        except grpc.RpcError as error:
            return Answer(failure=_failure_of(error))
        return Answer(response)

    def close(self) -> None:
        """Ends the calls in flight."""
        self._channel.close()


class AsyncPlannerCalls:
    """Calls with asyncio, all of them in one event loop."""

    def __init__(self, address: PlannerAddress) -> None:
        options = address.channel_options()
        target = address.dns_target()
        self._channel: grpc.aio.Channel = (
            grpc.aio.insecure_channel(target, options)
            if address.credentials is None
            else grpc.aio.secure_channel(target, address.credentials, options)
        )
        self._metadata = address.metadata()
        self._methods: dict[type[Call], Any] = {
            kind: self._channel.unary_unary(
                path, request.SerializeToString, response.FromString
            )
            for kind, (path, request, response) in _METHODS.items()
        }

    async def call(self, call: Call) -> Answer[Any]:
        """The response or the failure, by the call's deadline."""
        try:
            response = await self._methods[type(call)](
                call.request, timeout=_timeout(call), metadata=self._metadata
            )
        except grpc.RpcError as error:
            return Answer(failure=_failure_of(error))
        return Answer(response)

    async def close(self) -> None:
        """Ends the calls in flight."""
        await self._channel.close()
