// SPDX-License-Identifier: Apache-2.0
#include "service/answers/analyze_keys_input.h"

#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <google/protobuf/io/coded_stream.h>
#include <gtest/gtest.h>

#include "service/answers/wire_reader.h"
#include "tests/support/analyze_keys_requests.h"
#include "tests/support/random_seed.h"

namespace slotplanner {
namespace {

using google::protobuf::io::ArrayInputStream;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t kMaxWeight = KeyCounts::kMaxWeight;

v1::AnalyzeKeysRequest Request(const std::vector<std::string>& keys,
                               const std::vector<int64_t>& weights = {}) {
  v1::AnalyzeKeysRequest request;
  for (const std::string& key : keys) request.add_keys(key);
  for (const int64_t weight : weights) request.add_weights(weight);
  return request;
}

v1::AnalyzeKeysRequest RequestWithCounts() {
  v1::AnalyzeKeysRequest request = Request({"{user}:1", "x"}, {5, 6});
  request.mutable_settings()->set_cluster("c");
  KeyCounts counts;
  counts.Add("{user}:2", 7);
  counts.Add("{other}:2");
  counts.Add("y", 0);
  FillKeyCounts(counts, /*show_keys=*/true, *request.mutable_counts());
  return request;
}

// Weights each in a field of its own, as protobuf takes them too.
std::string SingleWeights() {
  return Request({"a", "b"}).SerializeAsString() + "\x18\x05\x18\x06";
}

struct Outcome {
  std::optional<ApiError> error;
  KeyCounts counts;
};

Outcome Count(const v1::AnalyzeKeysRequest& request,
              const RequestLimits& limits = {}) {
  AnalyzeKeysInput input(limits);
  const std::string bytes = request.SerializeAsString();
  ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  EXPECT_TRUE(input.Read(stream, bytes.size()));
  Outcome outcome;
  outcome.error = input.CountInto(outcome.counts);
  return outcome;
}

TEST(AnalyzeKeysInputTest, CountsKeys) {
  const Outcome outcome = Count(Request({"{a}:1", "b", ""}));
  ASSERT_FALSE(outcome.error);
  EXPECT_EQ(outcome.counts.key_count(), 3);
  EXPECT_EQ(outcome.counts.tagged_key_count(), 1);
  EXPECT_EQ(outcome.counts.KeysOf(HashSlot::OfKey("b")), 1);
  EXPECT_FALSE(outcome.counts.is_weighted());
}

TEST(AnalyzeKeysInputTest, CountsWeights) {
  const Outcome outcome = Count(Request({"a", "b", "c"}, {kMaxWeight, 0, 300}));
  ASSERT_FALSE(outcome.error);
  EXPECT_EQ(outcome.counts.weight(), kMaxWeight + 300);
  EXPECT_EQ(outcome.counts.WeightOf(HashSlot::OfKey("c")), 300);
}

TEST(AnalyzeKeysInputTest, TakesNothingForNothing) {
  const Outcome outcome = Count({});
  EXPECT_FALSE(outcome.error);
  EXPECT_EQ(outcome.counts.key_count(), 0);
}

TEST(AnalyzeKeysInputTest, GoesOnFromCounts) {
  const Outcome outcome = Count(RequestWithCounts());
  ASSERT_FALSE(outcome.error);
  EXPECT_EQ(outcome.counts.key_count(), 5);
  EXPECT_EQ(outcome.counts.weight(), 19);
  EXPECT_EQ(outcome.counts.tags_by_weight().CountOf("user"), 12);
}

TEST(AnalyzeKeysInputTest, RefusesWrongRequestsAndCountsNothingOfThem) {
  struct Case {
    v1::AnalyzeKeysRequest request;
    v1::ErrorReason reason;
    std::string field;
  };
  v1::AnalyzeKeysRequest wrong_counts = RequestWithCounts();
  wrong_counts.mutable_counts()->set_slots(0, -1);
  for (const Case& wrong :
       {Case{Request({"a", "b", "c", "d"}), v1::ERROR_REASON_TOO_MANY, "keys"},
        Case{Request({"a", "b"}, {1}), v1::ERROR_REASON_OUT_OF_RANGE,
             "weights"},
        Case{Request({}, {1}), v1::ERROR_REASON_OUT_OF_RANGE, "weights"},
        Case{Request({"a"}, {1, 2, 3, 4}), v1::ERROR_REASON_OUT_OF_RANGE,
             "weights"},
        Case{Request({"a", "b"}, {1, -1}), v1::ERROR_REASON_OUT_OF_RANGE,
             "weights"},
        Case{Request({"a", "b"}, {1, kMaxWeight + 1}),
             v1::ERROR_REASON_OUT_OF_RANGE, "weights"},
        Case{wrong_counts, v1::ERROR_REASON_OUT_OF_RANGE, "counts.slots"}}) {
    const Outcome outcome = Count(wrong.request, {.max_keys = 3});
    ASSERT_TRUE(outcome.error) << wrong.request.ShortDebugString();
    EXPECT_EQ(outcome.error->reason, wrong.reason) << outcome.error->message;
    EXPECT_EQ(outcome.error->violations[0].first, wrong.field);
    EXPECT_EQ(outcome.counts.key_count(), 0);
    EXPECT_FALSE(outcome.counts.is_weighted());
  }
}

TEST(AnalyzeKeysInputTest, SaysHowManyWeightsThereShouldBe) {
  const Outcome outcome = Count(Request({"a", "b"}, {1}));
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->message,
            "The field weights has 1 entries, and keys has 2; send one for "
            "each.");
}

TEST(AnalyzeKeysInputTest, ReadsAStreamOfMessages) {
  AnalyzeKeysInput input({});
  KeyCounts counts;
  for (const auto& request :
       {RequestWithCounts(), Request({"a"}), Request({"b", "c"}, {2, 3}),
        v1::AnalyzeKeysRequest(), Request({std::string(20'000, 'x')})}) {
    const std::string bytes = request.SerializeAsString();
    ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()), 100);
    ASSERT_TRUE(input.Read(stream, bytes.size()));
    EXPECT_EQ(input.settings().cluster(), request.settings().cluster());
    ASSERT_FALSE(input.CountInto(counts));
  }
  EXPECT_EQ(counts.key_count(), 9);
  EXPECT_EQ(counts.weight(), 26);
}

TEST(AnalyzeKeysInputTest, StartsAnewAfterAReadThatGaveUp) {
  const std::string bytes = SingleWeights();
  AnalyzeKeysInput input({});
  ArrayInputStream once(bytes.data(), static_cast<int>(bytes.size()));
  ArrayInputStream again(bytes.data(), static_cast<int>(bytes.size()));
  ASSERT_FALSE(input.Read(once, bytes.size()));
  ASSERT_TRUE(input.ReadAsMessage(again, bytes.size()));
  EXPECT_THAT(input.keys(), ElementsAre("a", "b"));
  EXPECT_THAT(input.weights(), ElementsAre(5, 6));
  const std::string next = Request({"c"}).SerializeAsString();
  ArrayInputStream stream(next.data(), static_cast<int>(next.size()));
  ASSERT_TRUE(input.Read(stream, next.size()));
  EXPECT_THAT(input.keys(), ElementsAre("c"));
  EXPECT_THAT(input.weights(), IsEmpty());
}

TEST(AnalyzeKeysInputTest, WhatIsUnusualMayNotBeLarge) {
  const std::string bytes =
      SingleWeights() + std::string(WireReader::kMaxUnusualSize, '\0');
  AnalyzeKeysInput input({});
  ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  EXPECT_FALSE(input.ReadAsMessage(stream, bytes.size()));
}

TEST(AnalyzeKeysInputTest, KeepsNoMoreThanTheLimit) {
  const Outcome outcome =
      Count(Request(std::vector<std::string>(1000), {}), {.max_keys = 10});
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->metadata[0].second, "1000");
}

// Usual requests are read in place, whatever pieces they come in, and others as
// protobuf reads them.
TEST(AnalyzeKeysInputTest, ReadsAsProtobufDoes) {
  const std::string usual[] = {
      "",
      Request({"", "a", std::string(127, 'k'), std::string(128, 'k')})
          .SerializeAsString(),
      Request({std::string(16384, 'k'), "k"}).SerializeAsString(),
      Request({"a", "b"}, {0, kMaxWeight}).SerializeAsString(),
      Request({"a", "b"}, {-1, INT64_MAX}).SerializeAsString(),
      RequestWithCounts().SerializeAsString(),
      Request({"a"}, {1}).SerializeAsString() +
          Request({"b"}, {2}).SerializeAsString(),
      Request({"a"}).SerializeAsString() + "\x48\x01",
  };
  for (const std::string& bytes : usual) {
    for (const int piece_size : {1, 2, 7, 8192, -1}) {
      EXPECT_EQ(ReadAnalyzeKeysInPlace(bytes, piece_size),
                ReadInPlace::kAsProtobuf)
          << testing::PrintToString(bytes.substr(0, 80));
    }
  }
  EXPECT_EQ(ReadAnalyzeKeysInPlace(SingleWeights(), -1), ReadInPlace::kGaveUp);
  EXPECT_EQ(ReadAnalyzeKeysInPlace(RequestWithCounts().SerializeAsString() +
                                       RequestWithCounts().SerializeAsString(),
                                   -1),
            ReadInPlace::kGaveUp);
  std::mt19937_64 random(RandomSeed());
  for (int i = 0; i < 2000; ++i) {
    std::string bytes = usual[random() % std::size(usual)];
    if (bytes.empty() || bytes.size() > 1000) continue;
    for (auto changes = 1 + random() % 3; changes > 0; --changes) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    ASSERT_NE(ReadAnalyzeKeysInPlace(bytes, 1 + static_cast<int>(i % 50)),
              ReadInPlace::kWrong)
        << testing::PrintToString(bytes);
  }
}

}  // namespace
}  // namespace slotplanner
