# SPDX-License-Identifier: Apache-2.0
"""The rings hold, and a tree in which they do not is found out."""

import os
import pathlib
import unittest

import layering

ROOT = pathlib.Path(__file__).resolve().parents[2]


def read_source_tree() -> dict[str, str]:
    tree = {}
    for folder in ('service', 'server', 'client'):
        for parent, _, names in os.walk(ROOT / folder):
            for name in names:
                if name.endswith(('.h', '.cc')) or name == 'CMakeLists.txt':
                    path = pathlib.Path(parent, name)
                    tree[path.relative_to(ROOT).as_posix()] = path.read_text()
    return tree


class SourceTreeTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.tree = read_source_tree()

    def test_has_every_folder_in_a_known_ring(self):
        strangers = {
            path
            for path in self.tree
            if path.endswith(('.h', '.cc')) and not layering.folder_of(path)
        }
        self.assertEqual(strangers, set())

    def test_includes_only_rings_inside(self):
        self.assertEqual(layering.find_include_violations(self.tree), [])

    def test_links_only_rings_inside_and_all_that_it_includes(self):
        self.assertEqual(layering.find_link_violations(self.tree), [])


class IncludeCheckTest(unittest.TestCase):
    def violations(self, path: str, line: str) -> list[str]:
        return layering.find_include_violations({path: line})

    def assert_refused(self, path: str, line: str):
        self.assertEqual(len(self.violations(path, line)), 1)

    def assert_allowed(self, path: str, line: str):
        self.assertEqual(self.violations(path, line), [])

    def test_refuses_a_ring_outside(self):
        line = '#include "service/planning/batch_plan.h"'
        self.assert_refused('service/topology/x.cc', line)
        self.assert_allowed('service/rpc/x.cc', line)

    def test_refuses_rings_beside_each_other(self):
        self.assert_refused(
            'service/slots/x.h', '#include "service/resp/resp_value.h"'
        )

    def test_keeps_callers_out_of_what_plans(self):
        line = '#include "service/access/callers.h"'
        self.assert_refused('service/planning/x.cc', line)
        self.assert_refused('service/answers/x.cc', line)
        self.assert_refused('client/local/x.cc', line)
        self.assert_allowed('service/rpc/x.cc', line)
        self.assert_allowed('server/x.cc', line)
        self.assert_refused(
            'service/access/x.cc', '#include "service/resp/resp_value.h"'
        )

    def test_finds_includes_in_any_spelling(self):
        for line in (
            '#include <server/log.h>',
            '  #  include "server/log.h"  // Why not.',
            'int x;\n#include "server/log.h"',
        ):
            self.assert_refused('service/rpc/x.cc', line)

    def test_leaves_grpc_and_generated_code_to_the_outer_folders(self):
        for header in (
            'grpcpp/grpcpp.h',
            'grpc/grpc.h',
            'slotplanner/v1/topology.pb.h',
            'google/protobuf/message.h',
        ):
            line = f'#include <{header}>'
            self.assert_refused('service/planning/x.cc', line)
            self.assert_allowed('service/rpc/x.cc', line)
            self.assert_allowed('client/cpp/x.cc', line)

    def test_lets_the_answers_know_messages_but_not_grpc(self):
        path = 'service/answers/x.cc'
        self.assert_allowed(path, '#include "slotplanner/v1/topology.pb.h"')
        for header in ('grpcpp/grpcpp.h', 'slotplanner/v1/x.grpc.pb.h'):
            self.assert_refused(path, f'#include "{header}"')

    def test_keeps_planning_out_of_the_client(self):
        self.assert_refused(
            'client/cpp/x.cc', '#include "service/planning/batch_plan.h"'
        )
        self.assert_allowed(
            'client/cpp/x.cc', '#include "service/resp/resp_connection.h"'
        )
        self.assert_allowed(
            'client/local/x.cc', '#include "service/planning/batch_plan.h"'
        )
        self.assert_refused(
            'client/local/x.cc', '#include "service/rpc/services.h"'
        )

    def test_refuses_tests_and_benchmarks_everywhere(self):
        self.assert_refused('server/x.cc', '#include "tests/support/fake.h"')
        self.assert_refused('client/cli/x.cc', '#include "bench/load.h"')

    def test_lets_a_folder_include_itself_and_libraries(self):
        self.assert_allowed(
            'service/slots/x.cc', '#include "service/slots/x.h"'
        )
        self.assert_allowed('service/slots/x.cc', '#include <vector>')
        self.assert_allowed(
            'service/slots/x.cc', '#include "absl/status/status.h"'
        )


class LinkCheckTest(unittest.TestCase):
    TREE = {
        'service/slots/CMakeLists.txt': """
            slotplanner_library(slots SOURCES hash_slot.cc
                                DEPS slotplanner::base)""",
        'service/commands/CMakeLists.txt': """
            slotplanner_library(commands SOURCES keys.cc
                                DEPS slotplanner::slots)""",
        'service/commands/keys.cc': '#include "service/slots/hash_slot.h"',
    }

    def with_script(self, path: str, text: str) -> list[str]:
        return layering.find_link_violations({**self.TREE, path: text})

    def test_accepts_links_inwards(self):
        self.assertEqual(layering.find_link_violations(self.TREE), [])

    def test_refuses_links_outwards(self):
        violations = self.with_script(
            'service/slots/CMakeLists.txt',
            'slotplanner_library(slots DEPS slotplanner::commands)',
        )
        self.assertEqual(violations, ['service/slots links service/commands'])

    def test_refuses_grpc_in_an_inner_ring(self):
        for target in ('gRPC::grpc++', 'slotplanner::api'):
            violations = self.with_script(
                'service/slots/CMakeLists.txt',
                f'slotplanner_library(slots DEPS {target})',
            )
            self.assertEqual(
                violations, [f'service/slots links {target} of the wire']
            )

    def test_refuses_an_include_that_is_not_linked(self):
        violations = self.with_script(
            'service/commands/CMakeLists.txt',
            'slotplanner_library(commands)  # Not slotplanner::slots.',
        )
        self.assertEqual(
            violations,
            [
                'service/commands/keys.cc includes service/slots/hash_slot.h, '
                'which it does not link'
            ],
        )


if __name__ == '__main__':
    unittest.main()
