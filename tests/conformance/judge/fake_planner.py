# SPDX-License-Identifier: Apache-2.0
"""A slotplanner server that says what a case tells it to."""

import asyncio

import grpc
from google.protobuf import json_format

from judge.journal import Journal
from judge.text import from_bytes
from slotplanner.v1 import slot_planner_service_pb2 as api
from slotplanner.v1 import slot_planner_service_pb2_grpc as api_grpc
from slotplanner.v1 import topology_pb2
from slotplanner.v1 import topology_service_pb2 as topology_api
from slotplanner.v1 import topology_service_pb2_grpc as topology_api_grpc

_MAX_MESSAGE_BYTES = 64 << 20
_DEFAULT_READ = topology_pb2.READ_PREFERENCE_PRIMARY


def _request_as_json(request: api.PlanBatchRequest) -> dict:
    """In the form of `plan_requests`: what is as by default is left out."""
    seen = {
        'commands': [
            [from_bytes(arg) for arg in command.args]
            for command in request.commands
        ]
    }
    for name in ('cluster', 'client_zone', 'outdated_topology_version'):
        if value := getattr(request, name):
            seen[name] = value
    if request.read_preference not in (0, _DEFAULT_READ):
        seen['read_preference'] = topology_pb2.ReadPreference.Name(
            request.read_preference
        )
    if request.split_policy not in (0, api.SPLIT_POLICY_SPLIT):
        seen['split_policy'] = api.SplitPolicy.Name(request.split_policy)
    return seen


class FakePlanner(
    api_grpc.SlotPlannerServiceServicer,
    topology_api_grpc.TopologyServiceServicer,
):
    """Answers the calls of one case at a time, each with the next answer. An
    answer is the response in protobuf's JSON form, {"error": {"code",
    "message"}}, or {"hang": true}: none."""

    def __init__(self, key_positions: dict):
        self._default_positions = [key_positions]
        self.begin(Journal(), [], False, None)

    def begin(
        self,
        journal: Journal,
        plans: list[dict],
        repeats_last_plan: bool,
        key_positions: list[dict] | None,
    ) -> None:
        """Forgets the case before."""
        self._journal = journal
        self._positions = key_positions or self._default_positions
        self._position_calls = 0
        self.next_run(plans, repeats_last_plan)

    def next_run(self, plans: list[dict], repeats_last_plan: bool) -> None:
        self._plans = plans
        self._repeats_last_plan = repeats_last_plan
        self.plan_requests: list[dict] = []
        self.reports: list[dict] = []

    async def start(self) -> None:
        self._server = grpc.aio.server(
            options=[
                ('grpc.max_receive_message_length', _MAX_MESSAGE_BYTES),
                ('grpc.max_send_message_length', _MAX_MESSAGE_BYTES),
            ]
        )
        api_grpc.add_SlotPlannerServiceServicer_to_server(self, self._server)
        topology_api_grpc.add_TopologyServiceServicer_to_server(
            self, self._server
        )
        port = self._server.add_insecure_port('127.0.0.1:0')
        self.target = f'127.0.0.1:{port}'
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop(grace=None)

    async def PlanBatch(self, request, context):
        self._check_deadline('PlanBatch', context)
        number = len(self.plan_requests)
        self.plan_requests.append(_request_as_json(request))
        if number >= len(self._plans) and not self._repeats_last_plan:
            await context.abort(
                grpc.StatusCode.FAILED_PRECONDITION,
                'The case has no plan left.',
            )
        plan = self._plans[min(number, len(self._plans) - 1)]
        return await self._answer(plan, api.PlanBatchResponse, context)

    async def GetKeyPositions(self, request, context):
        self._check_deadline('GetKeyPositions', context)
        number = min(self._position_calls, len(self._positions) - 1)
        self._position_calls += 1
        return await self._answer(
            self._positions[number],
            topology_api.GetKeyPositionsResponse,
            context,
        )

    async def ReportRedirection(self, request, context):
        self._check_deadline('ReportRedirection', context)
        self.reports.append(
            json_format.MessageToDict(
                request, preserving_proto_field_name=True
            )
        )
        await self._journal.tell()
        return topology_api.ReportRedirectionResponse()

    def _check_deadline(self, method: str, context) -> None:
        # Without one it is centuries away.
        remaining = context.time_remaining()
        if remaining is None or remaining > 3600:
            self._journal.fault(f'a call of {method} had no deadline')

    @staticmethod
    async def _answer(answer: dict, response_type, context):
        if answer == {'hang': True}:
            await asyncio.Event().wait()  # Until the caller gives up.
        if 'error' in answer:
            error = answer['error']
            await context.abort(
                grpc.StatusCode[error['code']], error.get('message', '')
            )
        return json_format.ParseDict(answer, response_type())
