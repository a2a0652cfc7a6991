// SPDX-License-Identifier: Apache-2.0
// GroupKeysInput, PlanBatchInput and AnalyzeWorkloadInput: requests read in
// place are what protobuf's own parser makes of them.
#include "tests/support/bulk_requests.h"

#include <random>
#include <string>

#include <google/protobuf/io/coded_stream.h>
#include <gtest/gtest.h>

#include "service/answers/wire_reader.h"
#include "tests/support/random_seed.h"

namespace slotplanner {
namespace {

using google::protobuf::io::ArrayInputStream;

constexpr int kOnePiece = -1;

std::string Varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) {
    bytes.push_back(static_cast<char>((value & 0x7f) | 0x80));
  }
  bytes.push_back(static_cast<char>(value));
  return bytes;
}

std::string BytesField(int number, const std::string& payload) {
  return Varint(static_cast<uint64_t>(number) << 3 | 2) +
         Varint(payload.size()) + payload;
}

std::string NumberField(int number, uint64_t value) {
  return Varint(static_cast<uint64_t>(number) << 3) + Varint(value);
}

std::string Key(const std::string& key) { return BytesField(2, key); }

std::string Command(const std::vector<std::string>& args) {
  std::string payload;
  for (const std::string& arg : args) payload += BytesField(1, arg);
  return BytesField(2, payload);
}

const std::string kUser = "user:{1}:a";

// Field 7 as a group of one number: proto3 has none, its parser takes them.
const std::string kGroup = "\x3b" + NumberField(1, 5) + "\x3c";

// Usual requests: none of them may take the long way.
const std::string kGroupKeys[] = {
    "",
    Key(""),
    Key("") + Key("") + Key(kUser),
    Key(std::string(127, 'k')) + Key(std::string(128, 'k')),
    Key(std::string(16383, 'k')) + Key(std::string(16384, 'k')) + Key("k"),
    Key(std::string(3'000'000, 'k')),
    BytesField(1, "cluster") + Key(kUser) + NumberField(3, 2) +
        NumberField(4, 3) + BytesField(5, "zone") + BytesField(6, "version"),
    // Out of order, split and repeated: the last one counts.
    NumberField(3, 1) + Key("a") + NumberField(3, 2) + Key("b") +
        BytesField(1, "first") + Key("c") + BytesField(1, "second"),
    // Fields that a later version may have.
    Key("a") + NumberField(7, 1) + BytesField(8, "x") + "\x4d" + "1234" +
        "\x51" + "12345678" + Key("b"),
    NumberField(16, 1) + Key("a") + BytesField(1 << 24, "x") + Key("b"),
    // `keys` and `grouping` as what they are not.
    NumberField(2, 5) + Key("a") + BytesField(3, "x"),
    // Unknown values of enums, the largest and negative ones too.
    Key("a") + NumberField(3, 77) + NumberField(4, ~uint64_t{0}),
    // A size, and a tag, in more bytes than it needs.
    std::string("\x12\x81\x80\x00k", 5),
    std::string("\x92\x80\x00\x01k", 5),
};

const std::string kWorkloads[] = {
    "",
    Command({"GET", "k"}) + Command({}) + Command({"SET", "k", ""}),
    Command({"MSET", std::string(40'000, 'k'), "", "a", "b"}),
    BytesField(
        1, BytesField(1, "cluster") + NumberField(3, 7) + NumberField(4, 1)) +
        Command({"PING"}) + NumberField(9, 1),
    Command({"PING"}) + BytesField(1, ""),
};

const std::string kPlanBatches[] = {
    "",
    Command({}),
    Command({"GET", "k"}) + Command({}) + Command({"SET", "k", ""}),
    Command({"SET", "k", std::string(128, 'v')}),
    Command({"SET", "k", std::string(16383, 'v')}) + Command({"PING"}),
    Command({"SET", "k", std::string(16384, 'v')}) + Command({"PING"}),
    Command({"MSET", std::string(40'000, 'k'), "", "a", "b"}),
    Command({"SET", "k", std::string(3'000'000, 'v')}),
    BytesField(1, "cluster") + Command({"PING"}) + NumberField(3, 2) +
        BytesField(4, "zone") + Command({"PING"}) + NumberField(5, 3) +
        BytesField(6, "version") + NumberField(5, 1),
    // `what_if`: however often, the last source counts.
    Command({"PING"}) + BytesField(7, NumberField(1, 5)),
    BytesField(7, "") + Command({"PING"}),
    BytesField(7, BytesField(2, "reply")) + BytesField(1, "cluster"),
    BytesField(7, BytesField(2, std::string(512 << 10, 'r'))),
    BytesField(7, NumberField(1, 5) + BytesField(2, "reply")),
    BytesField(7, BytesField(2, "reply") + NumberField(1, 5)),
    BytesField(7, BytesField(2, "reply") + NumberField(9, 5)) +
        BytesField(7, NumberField(1, 5)) + BytesField(7, BytesField(2, "")),
    BytesField(7, BytesField(2, "reply")) + BytesField(7, NumberField(1, 5)) +
        NumberField(7, 1) + BytesField(7, BytesField(1, "x")),
    // Fields that a later version may have.
    Command({"PING"}) + NumberField(9, 1) + BytesField(16, "x"),
    BytesField(2, BytesField(1, "GET") + NumberField(2, 1) +
                      BytesField(1, "k") + BytesField(99, "x")),
};

// Right or not, but not usual.
const std::string kUnusual[] = {
    // Settings of an analysis twice.
    BytesField(1, NumberField(3, 7)) + BytesField(1, NumberField(4, 1)),
    // Groups.
    Key("a") + kGroup + Key("b"),
    BytesField(2, BytesField(1, "GET") + kGroup),
    BytesField(7, kGroup),
    BytesField(7, "\x12\x05r"),
    BytesField(7, BytesField(3, std::string(2 << 20, 'x'))),
    // A tag of five bytes.
    Key("a") + NumberField(1 << 26, 1),
    // Cut short: in a tag, a size, a payload, a number, a nested message.
    Key("a") + "\x92",
    Key("a") + "\x12",
    Key("a") + "\x12\x80",
    Key("a") + "\x12\x02k",
    Key("a") + "\x18",
    Key("a") + "\x18\x80",
    Key("a") + "\x3d" + "123",
    Key("a") + "\x41" + "1234567",
    BytesField(2,
               "\x0a\x05"
               "GET"),
    BytesField(2, "\x0a"),
    // A number and sizes that are too long.
    "\x18" + std::string(10, '\x80') + std::string(1, '\0'),
    std::string("\x12\x81\x80\x80\x80\x00k", 7),
    std::string("\x12\x81\x80\x80\x80\x80\x00k", 8),
    "\x12\xff\xff\xff\xff\x0f",
    "\x12\xff\xff\xff\x7f",
    // No field has the number 0; an end without a group.
    std::string("\0", 1),
    std::string("\x02\x00", 2),
    Key("a") + "\x0c",
    // Wire types that there are not.
    "\x16",
    "\x17",
    // `cluster` is no UTF-8.
    BytesField(1, "\xff"),
};

// Pieces as small as can be, and those of a connection.
const int kPieceSizes[] = {1, 2, 3, 5, 8, 8192, kOnePiece};

TEST(BulkRequestsTest, UsualRequestsAreReadInPlaceInHoweverManyPieces) {
  for (const int piece_size : kPieceSizes) {
    for (const std::string& bytes : kGroupKeys) {
      EXPECT_EQ(ReadGroupKeysInPlace(bytes, piece_size),
                ReadInPlace::kAsProtobuf)
          << bytes.substr(0, 80) << " in pieces of " << piece_size;
    }
    for (const std::string& bytes : kPlanBatches) {
      EXPECT_EQ(ReadPlanBatchInPlace(bytes, piece_size),
                ReadInPlace::kAsProtobuf)
          << bytes.substr(0, 80) << " in pieces of " << piece_size;
    }
    for (const std::string& bytes : kWorkloads) {
      EXPECT_EQ(ReadAnalyzeWorkloadInPlace(bytes, piece_size),
                ReadInPlace::kAsProtobuf)
          << bytes.substr(0, 80) << " in pieces of " << piece_size;
    }
  }
}

TEST(BulkRequestsTest, WhatIsUnusualIsLeftToProtobuf) {
  for (const int piece_size : kPieceSizes) {
    for (const std::string& bytes : kUnusual) {
      EXPECT_NE(ReadGroupKeysInPlace(bytes, piece_size), ReadInPlace::kWrong)
          << bytes << " in pieces of " << piece_size;
      EXPECT_NE(ReadPlanBatchInPlace(bytes, piece_size), ReadInPlace::kWrong)
          << bytes << " in pieces of " << piece_size;
      EXPECT_NE(ReadAnalyzeWorkloadInPlace(bytes, piece_size),
                ReadInPlace::kWrong)
          << bytes << " in pieces of " << piece_size;
    }
  }
}

TEST(BulkRequestsTest, DamagedRequestsAreReadAsProtobufReadsThem) {
  std::mt19937_64 random(RandomSeed());
  const auto below = [&random](size_t n) { return random() % n; };
  for (int i = 0; i < 30'000; ++i) {
    const bool is_plan = i % 2 == 0;
    std::string bytes = is_plan ? kPlanBatches[below(std::size(kPlanBatches))]
                                : kGroupKeys[below(std::size(kGroupKeys))];
    if (bytes.empty() || bytes.size() > 1000) continue;
    for (size_t changes = 1 + below(3); changes > 0; --changes) {
      const size_t at = below(bytes.size());
      switch (below(4)) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.insert(at, 1, static_cast<char>(random()));
          break;
        case 2:
          bytes[at] = static_cast<char>(bytes[at] ^ 1 << below(8));
          break;
        default:
          bytes.resize(at + 1);
      }
    }
    const int piece_size = kPieceSizes[below(std::size(kPieceSizes))];
    ASSERT_NE(is_plan ? ReadPlanBatchInPlace(bytes, piece_size)
                      : ReadGroupKeysInPlace(bytes, piece_size),
              ReadInPlace::kWrong)
        << ::testing::PrintToString(bytes) << " in pieces of " << piece_size;
  }
}

// What is left to protobuf comes out as if it had been read in place.
TEST(BulkRequestsTest, BothWaysGiveTheSame) {
  for (const std::string& bytes : kGroupKeys) {
    if (bytes.size() > WireReader::kMaxUnusualSize) continue;
    ArrayInputStream once(bytes.data(), static_cast<int>(bytes.size()));
    ArrayInputStream again(bytes.data(), static_cast<int>(bytes.size()));
    GroupKeysInput in_place({}), as_message({});
    ASSERT_TRUE(in_place.Read(once, bytes.size()));
    ASSERT_TRUE(as_message.ReadAsMessage(again, bytes.size()));
    EXPECT_EQ(in_place.key_count(), as_message.key_count());
    EXPECT_TRUE(std::ranges::equal(in_place.slots(), as_message.slots()));
    EXPECT_EQ(in_place.settings().SerializeAsString(),
              BytesWithout(2, as_message.settings()));
  }
  for (const std::string& bytes : kPlanBatches) {
    if (bytes.size() > WireReader::kMaxUnusualSize) continue;
    ArrayInputStream once(bytes.data(), static_cast<int>(bytes.size()), 7);
    ArrayInputStream again(bytes.data(), static_cast<int>(bytes.size()));
    PlanBatchInput in_place({}), as_message({});
    ASSERT_TRUE(in_place.Read(once, bytes.size()));
    ASSERT_TRUE(as_message.ReadAsMessage(again, bytes.size()));
    EXPECT_EQ(in_place.argument_count(), as_message.argument_count());
    ASSERT_EQ(in_place.commands().size(), as_message.commands().size());
    for (size_t i = 0; i < in_place.commands().size(); ++i) {
      EXPECT_TRUE(
          std::ranges::equal(in_place.commands()[i], as_message.commands()[i]));
    }
    EXPECT_EQ(in_place.settings().SerializeAsString(),
              BytesWithout(2, as_message.settings()));
  }
}

// A read that gives up has read a part: the second one starts anew.
TEST(BulkRequestsTest, ProtobufStartsAnewAfterAReadThatGaveUp) {
  const std::string keys = Key("a") + Key("b") + kGroup;
  GroupKeysInput input({});
  ArrayInputStream once(keys.data(), static_cast<int>(keys.size()));
  ArrayInputStream again(keys.data(), static_cast<int>(keys.size()));
  ASSERT_FALSE(input.Read(once, keys.size()));
  ASSERT_TRUE(input.ReadAsMessage(again, keys.size()));
  EXPECT_EQ(input.key_count(), 2);
  EXPECT_EQ(input.slots().size(), 2u);

  const std::string batch =
      Command({"PING"}) + Command({"GET", "k"}) + BytesField(2, kGroup);
  PlanBatchInput plan({});
  ArrayInputStream plan_once(batch.data(), static_cast<int>(batch.size()));
  ArrayInputStream plan_again(batch.data(), static_cast<int>(batch.size()));
  ASSERT_FALSE(plan.Read(plan_once, batch.size()));
  ASSERT_TRUE(plan.ReadAsMessage(plan_again, batch.size()));
  EXPECT_EQ(plan.command_count(), 3);
  EXPECT_EQ(plan.argument_count(), 3);
  EXPECT_EQ(plan.commands().size(), 3u);
  EXPECT_TRUE(plan.commands()[2].empty());
}

// Protobuf takes many times their size in memory for it.
TEST(BulkRequestsTest, WhatIsUnusualMayNotBeLarge) {
  constexpr size_t kMax = WireReader::kMaxUnusualSize;
  std::string bytes = kGroup + Key(std::string(kMax - 9, 'k'));
  for (const bool is_allowed : {true, false}) {
    EXPECT_EQ(bytes.size() <= kMax, is_allowed);
    ArrayInputStream once(bytes.data(), static_cast<int>(bytes.size()));
    ArrayInputStream again(bytes.data(), static_cast<int>(bytes.size()));
    GroupKeysInput input({});
    EXPECT_FALSE(input.Read(once, bytes.size()));
    EXPECT_EQ(input.ReadAsMessage(again, bytes.size()), is_allowed);
    ArrayInputStream plan_again(bytes.data(), static_cast<int>(bytes.size()));
    PlanBatchInput plan({});
    if (!is_allowed) {
      EXPECT_FALSE(plan.ReadAsMessage(plan_again, bytes.size()));
    }
    bytes = kGroup + Key(std::string(kMax - 7, 'k'));
  }
}

TEST(BulkRequestsTest, FieldsThatArePutAsideMayNotBeMany) {
  constexpr size_t kMax = WireReader::kMaxUnusualSize;
  std::string unknown;
  while (unknown.size() + 2 <= kMax) unknown += NumberField(7, 1);
  EXPECT_EQ(ReadGroupKeysInPlace(Key("a") + unknown, 8192),
            ReadInPlace::kAsProtobuf);
  EXPECT_EQ(ReadPlanBatchInPlace(Command({"PING"}) + unknown, 8192),
            ReadInPlace::kAsProtobuf);
  unknown += NumberField(7, 1);
  EXPECT_EQ(ReadGroupKeysInPlace(Key("a") + unknown, 8192),
            ReadInPlace::kGaveUp);
  EXPECT_EQ(ReadPlanBatchInPlace(Command({"PING"}) + unknown, 8192),
            ReadInPlace::kGaveUp);
}

TEST(BulkRequestsTest, WhatIsBeyondTheLimitsIsCountedAndNotKept) {
  const RequestLimits limits = {
      .max_keys = 2, .max_commands = 2, .max_arguments = 3};
  v1::GroupKeysRequest keys;
  for (const char* key : {"a", "b", "c", "d"}) keys.add_keys(key);
  const std::string bytes = keys.SerializeAsString();
  ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  GroupKeysInput input(limits);
  ASSERT_TRUE(input.Read(stream, bytes.size()));
  EXPECT_EQ(input.key_count(), 4);
  EXPECT_EQ(input.slots().size(), 2u);

  const std::string batch =
      Command({"GET", "a"}) + Command({"GET", "b"}) + Command({"GET", "c"});
  ArrayInputStream plan_stream(batch.data(), static_cast<int>(batch.size()));
  PlanBatchInput plan(limits);
  ASSERT_TRUE(plan.Read(plan_stream, batch.size()));
  EXPECT_EQ(plan.command_count(), 3);
  EXPECT_EQ(plan.argument_count(), 6);
}

}  // namespace
}  // namespace slotplanner
