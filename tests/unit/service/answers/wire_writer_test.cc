// SPDX-License-Identifier: Apache-2.0
#include "service/answers/wire_writer.h"

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "slotplanner/v1/slot_planner_service.pb.h"

namespace slotplanner {
namespace {

std::string ToString(WireBytes bytes) {
  return {bytes.data.get(), bytes.data.get() + bytes.size};
}

uint32_t Same(int32_t value) { return static_cast<uint32_t>(value); }

// Numbers of every size that a varint can have.
std::vector<int32_t> Numbers(size_t count) {
  std::vector<int32_t> numbers;
  for (size_t i = 0; i < count; ++i) {
    numbers.push_back(static_cast<int32_t>((i % 3) + (1u << (7 * (i % 5)))) -
                      1);
  }
  return numbers;
}

// Sizes around those where a size takes one byte more.
const size_t kCounts[] = {0,  1,  2,   24,  25,   26,   41,    42,
                          63, 64, 127, 128, 5460, 5461, 16384, 700'000};

TEST(WireWriterTest, WritesWhatProtobufWrites) {
  for (const size_t count : kCounts) {
    const std::vector<int32_t> numbers = Numbers(count);
    v1::GroupKeysResponse expected;
    for (int i = 0; i < 2; ++i) {
      v1::KeyGroup& group = *expected.add_groups();
      group.set_node_index(i);
      group.mutable_key_indexes()->Add(numbers.begin(), numbers.end());
    }
    expected.add_nodes()->set_host("host");
    expected.add_nodes()->set_port(7000);

    for (const size_t expected_size : {size_t{0}, expected.ByteSizeLong()}) {
      WireWriter out(expected_size);
      for (uint32_t i = 0; i < 2; ++i) {
        out.Message(v1::GroupKeysResponse::kGroupsFieldNumber, [&] {
          out.Number(v1::KeyGroup::kNodeIndexFieldNumber, i);
          out.Packed(v1::KeyGroup::kKeyIndexesFieldNumber,
                     std::span<const int32_t>(numbers), Same);
        });
      }
      out.Embed(v1::GroupKeysResponse::kNodesFieldNumber, expected.nodes(0));
      v1::GroupKeysResponse rest;
      *rest.add_nodes() = expected.nodes(1);
      out.FieldsOf(rest);
      ASSERT_EQ(ToString(std::move(out).Take()), expected.SerializeAsString())
          << count;
    }
  }
}

TEST(WireWriterTest, SizesOfMessagesInMessagesAreThoseOfWhatIsInThem) {
  for (const size_t count : kCounts) {
    if (count > 20'000) continue;
    v1::PlanBatchResponse expected;
    WireWriter out(0);
    out.Message(v1::PlanBatchResponse::kStagesFieldNumber, [&] {
      out.Message(v1::Stage::kNodePlansFieldNumber, [&] {
        for (uint32_t i = 0; i < count; ++i) {
          out.Message(v1::NodePlan::kCommandsFieldNumber, [&] {
            out.Number(v1::PlannedCommand::kCommandIndexFieldNumber, i + 1);
          });
        }
      });
    });
    v1::NodePlan& node_plan = *expected.add_stages()->add_node_plans();
    for (size_t i = 0; i < count; ++i) {
      node_plan.add_commands()->set_command_index(static_cast<int>(i + 1));
    }
    ASSERT_EQ(ToString(std::move(out).Take()), expected.SerializeAsString())
        << count;
  }
}

TEST(WireWriterTest, ToldToExpectNothingItWritesAnEmptyMessage) {
  EXPECT_EQ(WireWriter(0).Take().size, 0u);
}

}  // namespace
}  // namespace slotplanner
