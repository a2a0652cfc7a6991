# SPDX-License-Identifier: Apache-2.0
"""Requests at and past every limit, and bytes that are no requests."""

import binascii
import random
import unittest

import grpc

import random_seed
import server_fixture
from slotplanner.v1 import advisor_service_pb2 as advisor_api
from slotplanner.v1 import advisor_service_pb2_grpc
from slotplanner.v1 import slot_planner_service_pb2 as api
from slotplanner.v1 import slot_planner_service_pb2_grpc

SEED = random_seed.random_seed()
METHODS = [
    f'{service.full_name}/{method.name}'
    for module in (api, advisor_api)
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
]
GROUP_KEYS = 'slotplanner.v1.SlotPlannerService/GroupKeys'
UNLIMITED = (
    ('grpc.max_receive_message_length', -1),
    ('grpc.max_send_message_length', -1),
)


def setUpModule():
    global server, channel, planner, advisor
    server = server_fixture.Server('static:3')
    unittest.addModuleCleanup(server.stop)
    server.wait_for_topology()
    channel = grpc.insecure_channel(server.address, UNLIMITED)
    unittest.addModuleCleanup(channel.close)
    planner = slot_planner_service_pb2_grpc.SlotPlannerServiceStub(channel)
    advisor = advisor_service_pb2_grpc.AdvisorServiceStub(channel)


def call_raw(method: str, request: bytes) -> bytes:
    """Calls with bytes that no stub has made."""
    return channel.unary_unary(f'/{method}')(request, timeout=60)


class LimitsTest(unittest.TestCase):
    def assert_refused(self, code, reason, call, *args):
        with self.assertRaises(grpc.RpcError) as refused:
            call(*args)
        error = refused.exception
        self.assertEqual(error.code(), code)
        details = dict(error.trailing_metadata() or ())
        self.assertIn(reason, details.get('grpc-status-details-bin', b''))
        # The server has lost nothing over it.
        self.assertEqual(planner.Keyslot(api.KeyslotRequest()).slot, 0)

    def test_a_million_keys_are_grouped(self):
        keys = [b'user:%d' % i for i in range(1_000_000)]
        for grouping, least in (
            (api.GROUPING_SLOT, 16_000),
            (api.GROUPING_NODE, 3),
        ):
            response = planner.GroupKeys(
                api.GroupKeysRequest(keys=keys, grouping=grouping), timeout=60
            )
            self.assertEqual(len(response.slots), len(keys))
            self.assertGreaterEqual(len(response.groups), least)
            seen = sum(len(g.key_indexes) for g in response.groups)
            self.assertEqual(seen, len(keys))

    def test_one_key_more_is_too_many(self):
        self.assert_refused(
            grpc.StatusCode.INVALID_ARGUMENT,
            b'TOO_MANY',
            planner.GroupKeys,
            api.GroupKeysRequest(keys=[b''] * 1_000_001),
        )

    def test_one_command_more_is_too_many(self):
        ping = api.Command(args=[b'PING'])
        self.assertEqual(
            len(
                planner.PlanBatch(
                    api.PlanBatchRequest(
                        commands=[api.Command(args=[b'TIME'])] * 100_000
                    ),
                    timeout=60,
                ).command_plans
            ),
            100_000,
        )
        self.assert_refused(
            grpc.StatusCode.INVALID_ARGUMENT,
            b'TOO_MANY',
            planner.PlanBatch,
            api.PlanBatchRequest(commands=[ping] * 100_001),
        )

    def test_a_command_of_a_million_keys_is_split(self):
        keys = [b'%d' % i for i in range(1_000_000)]
        plan = planner.PlanBatch(
            api.PlanBatchRequest(commands=[api.Command(args=[b'MGET', *keys])]),
            timeout=60,
        )
        self.assertEqual(plan.command_plans[0].part_count, 16384)
        positions = [
            position
            for node_plan in plan.stages[0].node_plans
            for part in node_plan.commands
            for position in part.reply_positions
        ]
        self.assertEqual(sorted(positions), list(range(len(keys))))

    def test_a_key_of_10_mib_has_a_slot(self):
        key = random.Random(SEED).randbytes(10 << 20).replace(b'{', b'(')
        self.assertEqual(
            planner.Keyslot(api.KeyslotRequest(key=key), timeout=60).slot,
            binascii.crc_hqx(key, 0) % 16384,
        )

    def test_a_message_past_the_limit_is_refused_by_the_transport(self):
        with self.assertRaises(grpc.RpcError) as refused:
            planner.Keyslot(api.KeyslotRequest(key=bytes(64 << 20)), timeout=60)
        self.assertEqual(
            refused.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED
        )
        self.assertEqual(planner.Keyslot(api.KeyslotRequest()).slot, 0)

    def test_keys_to_be_advised_on(self):
        # As much work as there can be: all that tags are made of is shared.
        shared = b':'.join(b'%d' % i for i in range(15))
        keys = [shared + b':%x' % i for i in range(10_000)]
        request = advisor_api.SuggestHashTagsRequest(
            keys=keys, max_suggestions=20
        )
        group = advisor.SuggestHashTags(request, timeout=60).groups[0]
        self.assertEqual(len(group.suggestions), 20)
        self.assertEqual(group.suggestions[0].tag, shared)
        self.assert_refused(
            grpc.StatusCode.INVALID_ARGUMENT,
            b'OUT_OF_RANGE',
            advisor.SuggestHashTags,
            advisor_api.SuggestHashTagsRequest(keys=keys, max_suggestions=21),
        )
        request.keys.append(b'one more')
        self.assert_refused(
            grpc.StatusCode.INVALID_ARGUMENT,
            b'TOO_MANY',
            advisor.SuggestHashTags,
            request,
        )
        # A command counts even if it has no arguments.
        self.assert_refused(
            grpc.StatusCode.INVALID_ARGUMENT,
            b'TOO_MANY',
            advisor.SuggestHashTags,
            advisor_api.SuggestHashTagsRequest(
                commands=[api.Command()] * 10_001
            ),
        )

    def test_templates_at_their_limit(self):
        request = advisor_api.CheckTemplatesRequest(
            commands=[
                api.Command(args=[b'RENAME', b'a:<a%d>' % i, b'b:<b%d>' % i])
                for i in range(3333)
            ]
        )
        request.commands.add(args=[b'PING'])
        checks = advisor.CheckTemplates(request, timeout=60).checks
        self.assertEqual(len(checks), 3334)
        self.assertEqual(list(checks[3332].placeholders), ['a3332', 'b3332'])
        request.commands.add()
        self.assert_refused(
            grpc.StatusCode.INVALID_ARGUMENT,
            b'TOO_MANY',
            advisor.CheckTemplates,
            request,
        )
        # As many placeholders as there can be, all of one command.
        many = b''.join(b'<%x>' % i for i in range(75_000))
        command = api.Command(args=[b'RENAME', many, many + b'<'])
        request = advisor_api.CheckTemplatesRequest(commands=[command])
        check = advisor.CheckTemplates(request, timeout=60).checks[0]
        self.assertEqual(check.agreement, advisor_api.SLOT_AGREEMENT_DEPENDS)
        self.assertEqual(len(check.placeholders), 75_000)
        request.commands[0].args.append(bytes(1 << 20))
        self.assert_refused(
            grpc.StatusCode.INVALID_ARGUMENT,
            b'TOO_MANY',
            advisor.CheckTemplates,
            request,
        )

    def test_hash_tags_at_their_limit(self):
        request = advisor_api.MintHashTagsRequest(slots=[7], count=100_000)
        tags = advisor.MintHashTags(request, timeout=60).tags
        self.assertEqual(len({tag.tag for tag in tags}), 100_000)
        request.count += 1
        self.assert_refused(
            grpc.StatusCode.INVALID_ARGUMENT,
            b'OUT_OF_RANGE',
            advisor.MintHashTags,
            request,
        )

    def test_errors_of_4_kib(self):
        request = advisor_api.ExplainErrorRequest(error=b'ASK ' + b'1' * 4092)
        self.assertEqual(
            advisor.ExplainError(request).cause, advisor_api.ERROR_CAUSE_ASK
        )
        request.error += b'1'
        self.assert_refused(
            grpc.StatusCode.INVALID_ARGUMENT,
            b'TOO_MANY',
            advisor.ExplainError,
            request,
        )

    def test_no_keys_and_no_commands(self):
        for call, request in (
            (planner.GroupKeys, api.GroupKeysRequest()),
            (planner.PlanBatch, api.PlanBatchRequest()),
        ):
            self.assert_refused(
                grpc.StatusCode.INVALID_ARGUMENT,
                b'EMPTY_REQUEST',
                call,
                request,
            )

    def test_a_command_without_arguments_is_refused_alone(self):  # Rule D5.
        plan = planner.PlanBatch(
            api.PlanBatchRequest(
                commands=[api.Command(), api.Command(args=[b'GET', b'foo'])]
            )
        )
        self.assertEqual(
            [p.verdict for p in plan.command_plans],
            [api.VERDICT_REFUSED, api.VERDICT_SINGLE_SLOT],
        )

    def test_an_unknown_enum_number(self):
        for request in (b'\x12\x01a\x18\x63', b'\x12\x01a\x20\x63'):
            self.assert_refused(
                grpc.StatusCode.INVALID_ARGUMENT,
                b'UNKNOWN_ENUM_VALUE',
                call_raw,
                GROUP_KEYS,
                request,
            )

    def test_text_fields_that_are_not_utf8(self):
        cluster = b'\x0a\x02\xff\xfe'
        client_zone = b'\x2a\x02\xc3\x28'  # Of GroupKeysRequest.
        for method, request in (
            *((method, cluster) for method in METHODS),
            (GROUP_KEYS, b'\x12\x01a' + client_zone),
        ):
            self.assert_refused(
                grpc.StatusCode.INVALID_ARGUMENT,
                b'MALFORMED_REQUEST',
                call_raw,
                method,
                request,
            )

    def test_what_libraries_say_of_it_is_in_the_log(self):
        self.test_text_fields_that_are_not_utf8()
        events = [line['event'] for line in server.log_lines()]
        self.assertIn('protobuf', events)
        self.assertNotIn('not_json', events)

    def test_keys_and_arguments_that_are_not_utf8(self):  # Rule A3.
        self.assertEqual(
            planner.Keyslot(api.KeyslotRequest(key=b'\xff\xfe')).slot, 3374
        )
        plan = planner.PlanBatch(
            api.PlanBatchRequest(
                commands=[api.Command(args=[b'GET', b'\xff\xfe'])]
            )
        )
        self.assertEqual(
            plan.stages[0].node_plans[0].commands[0].slot, 3374
        )

    def test_random_bytes_get_an_answer_or_a_reason(self):
        source = random.Random(SEED)
        for _ in range(3000):
            request = source.randbytes(source.randrange(64))
            method = source.choice(METHODS)
            try:
                call_raw(method, request)
            except grpc.RpcError as error:
                self.assertIn(
                    error.code(),
                    (
                        grpc.StatusCode.INVALID_ARGUMENT,
                        grpc.StatusCode.NOT_FOUND,
                    ),
                    (method, request),
                )
                details = dict(error.trailing_metadata())
                self.assertIn(
                    b'slotplanner', details['grpc-status-details-bin']
                )


if __name__ == '__main__':
    unittest.main()
