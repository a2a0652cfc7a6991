// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/reply_merge.h"

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slotplanner {
namespace {

using ::testing::HasSubstr;

PartResult Applied(RespValue reply, std::vector<int> reply_positions = {}) {
  return {.outcome = PartOutcome::kApplied,
          .node = "10.0.0.1:7000",
          .reply = std::move(reply),
          .reply_positions = std::move(reply_positions)};
}

RespValue Strings(const std::vector<std::string>& texts) {
  std::vector<RespValue> elements;
  elements.reserve(texts.size());
  for (const std::string& text : texts) {
    elements.push_back(RespValue::String(text));
  }
  return RespValue::Array(std::move(elements));
}

RespValue Integers(const std::vector<int64_t>& integers) {
  std::vector<RespValue> elements;
  elements.reserve(integers.size());
  for (const int64_t integer : integers) {
    elements.push_back(RespValue::Integer(integer));
  }
  return RespValue::Array(std::move(elements));
}

RespValue Merged(v1::MergeOperation operation,
                 const std::vector<PartResult>& parts) {
  const auto merged = MergeReplies(operation, parts);
  EXPECT_TRUE(merged.ok()) << merged.status();
  return merged.value_or(RespValue::Error("no reply"));
}

std::string MergeFailure(v1::MergeOperation operation,
                         const std::vector<PartResult>& parts) {
  const auto merged = MergeReplies(operation, parts);
  EXPECT_EQ(merged.status().code(), absl::StatusCode::kInternal);
  return std::string(merged.status().message());
}

TEST(MergeRepliesTest, SingleIsTheReplyOfTheOnlyPart) {
  for (const RespValue& reply :
       {RespValue::Nil(), RespValue::Status("OK"), RespValue::Integer(-3),
        Strings({"a", "b"}), RespValue::Array({})}) {
    EXPECT_EQ(Merged(v1::MERGE_OPERATION_SINGLE, {Applied(reply)}), reply);
  }
}

TEST(MergeRepliesTest, SinglePassesOnTheNodesErrorAsItIs) {
  PartResult failed = Applied(RespValue::Error("WRONGTYPE not a hash"));
  failed.outcome = PartOutcome::kFailed;
  EXPECT_EQ(Merged(v1::MERGE_OPERATION_SINGLE, {failed}), failed.reply);
}

TEST(MergeRepliesTest, SingleRefusesSeveralParts) {
  EXPECT_THAT(
      MergeFailure(v1::MERGE_OPERATION_SINGLE,
                   {Applied(RespValue::Nil()), Applied(RespValue::Nil())}),
      HasSubstr("there are 2"));
}

// Rule E1.
TEST(MergeRepliesTest, GatherPlacesElementsByPositionAndNotByArrival) {
  EXPECT_EQ(Merged(v1::MERGE_OPERATION_GATHER,
                   {Applied(Strings({"b", "d"}), {1, 3}),
                    Applied(Strings({"c", "a"}), {2, 0})}),
            Strings({"a", "b", "c", "d"}));
}

// Rule C5: `MGET k other k` answers k twice.
TEST(MergeRepliesTest, GatherKeepsDuplicates) {
  EXPECT_EQ(
      Merged(v1::MERGE_OPERATION_GATHER, {Applied(Strings({"v", "v"}), {0, 2}),
                                          Applied(Strings({"other"}), {1})}),
      Strings({"v", "other", "v"}));
}

TEST(MergeRepliesTest, GatherKeepsNilsAndErrorsAmongTheElements) {
  const RespValue error = RespValue::Error("ERR of one element");
  EXPECT_EQ(Merged(v1::MERGE_OPERATION_GATHER,
                   {Applied(RespValue::Array({RespValue::Nil()}), {1}),
                    Applied(RespValue::Array({error}), {0})}),
            RespValue::Array({error, RespValue::Nil()}));
}

TEST(MergeRepliesTest, GatherRefusesArraysOfAnotherLength) {
  EXPECT_THAT(MergeFailure(v1::MERGE_OPERATION_GATHER,
                           {Applied(Strings({"a"}), {0}),
                            Applied(Strings({"b", "c"}), {1})}),
              HasSubstr("part 1 on 10.0.0.1:7000 is not an array of length 1"));
}

TEST(MergeRepliesTest, GatherRefusesWhatIsNoArray) {
  for (const RespValue& reply :
       {RespValue::Nil(), RespValue::Status("OK"), RespValue::Integer(1)}) {
    MergeFailure(v1::MERGE_OPERATION_GATHER, {Applied(reply, {0})});
  }
}

TEST(MergeRepliesTest, GatherRefusesPositionsThatDoNotFit) {
  for (const std::vector<int>& positions :
       std::vector<std::vector<int>>{{0, 0},
                                     {0, 2},
                                     {-1, 0},
                                     {std::numeric_limits<int>::min(),
                                      std::numeric_limits<int>::max()}}) {
    EXPECT_THAT(MergeFailure(v1::MERGE_OPERATION_GATHER,
                             {Applied(Strings({"a", "b"}), positions)}),
                HasSubstr("reply positions"));
  }
}

TEST(MergeRepliesTest, SumAddsIntegers) {
  EXPECT_EQ(Merged(v1::MERGE_OPERATION_SUM, {Applied(RespValue::Integer(2)),
                                             Applied(RespValue::Integer(0)),
                                             Applied(RespValue::Integer(-5))}),
            RespValue::Integer(-3));
}

// Rule C7.
TEST(MergeRepliesTest, SumAddsArraysElementByElement) {
  EXPECT_EQ(Merged(v1::MERGE_OPERATION_SUM, {Applied(Integers({1, 0, 4})),
                                             Applied(Integers({2, 0, 1}))}),
            Integers({3, 0, 5}));
}

TEST(MergeRepliesTest, SumRefusesWhatIsNoInteger) {
  for (const RespValue& reply : {RespValue::Nil(), RespValue::String("1"),
                                 RespValue::Status("OK"), Integers({1})}) {
    EXPECT_THAT(MergeFailure(v1::MERGE_OPERATION_SUM,
                             {Applied(RespValue::Integer(1)), Applied(reply)}),
                HasSubstr("part 1"));
  }
}

TEST(MergeRepliesTest, SumRefusesArraysOfDifferentShapes) {
  for (const RespValue& reply : {Integers({1}), Integers({1, 2, 3}),
                                 Strings({"1", "2"}), RespValue::Integer(1)}) {
    MergeFailure(v1::MERGE_OPERATION_SUM,
                 {Applied(Integers({1, 2})), Applied(reply)});
  }
}

TEST(MergeRepliesTest, SumRefusesToOverflow) {
  MergeFailure(
      v1::MERGE_OPERATION_SUM,
      {Applied(RespValue::Integer(std::numeric_limits<int64_t>::max())),
       Applied(RespValue::Integer(1))});
}

TEST(MergeRepliesTest, AllSucceededIsTheReplyOfTheFirstPart) {
  EXPECT_EQ(Merged(v1::MERGE_OPERATION_ALL_SUCCEEDED,
                   {Applied(RespValue::Status("OK")),
                    Applied(RespValue::Status("QUEUED"))}),
            RespValue::Status("OK"));
}

// Rule C7: SCRIPT EXISTS and WAITAOF answer arrays.
TEST(MergeRepliesTest, IntegersAreFoldedElementByElement) {
  const struct {
    v1::MergeOperation operation;
    std::vector<int64_t> merged;
  } kCases[] = {
      {v1::MERGE_OPERATION_SUM, {3, -1, 0, 3}},
      {v1::MERGE_OPERATION_MIN, {0, -1, 0, 1}},
      {v1::MERGE_OPERATION_MAX, {3, 0, 0, 2}},
      {v1::MERGE_OPERATION_LOGICAL_AND, {0, 0, 0, 1}},
      {v1::MERGE_OPERATION_LOGICAL_OR, {1, 1, 0, 1}},
  };
  for (const auto& [operation, merged] : kCases) {
    EXPECT_EQ(Merged(operation, {Applied(Integers({0, -1, 0, 1})),
                                 Applied(Integers({3, 0, 0, 2}))}),
              Integers(merged))
        << v1::MergeOperation_Name(operation);
    for (size_t i = 0; i < merged.size(); ++i) {
      EXPECT_EQ(
          Merged(operation, {Applied(Integers({0, -1, 0, 1}).elements[i]),
                             Applied(Integers({3, 0, 0, 2}).elements[i])}),
          RespValue::Integer(merged[i]))
          << v1::MergeOperation_Name(operation);
    }
    EXPECT_EQ(Merged(operation, {Applied(RespValue::Integer(1))}),
              RespValue::Integer(1));
    EXPECT_EQ(Merged(operation, {Applied(RespValue::Array({}))}),
              RespValue::Array({}));
  }
}

TEST(MergeRepliesTest, IntegersOfOtherShapesAreNotFolded) {
  for (const auto operation :
       {v1::MERGE_OPERATION_MIN, v1::MERGE_OPERATION_MAX,
        v1::MERGE_OPERATION_LOGICAL_AND, v1::MERGE_OPERATION_LOGICAL_OR}) {
    for (const RespValue& reply :
         {RespValue::Nil(), RespValue::String("1"), Integers({1}),
          Integers({1, 2, 3}), Strings({"1", "2"})}) {
      MergeFailure(operation, {Applied(Integers({1, 2})), Applied(reply)});
      MergeFailure(operation, {Applied(reply), Applied(RespValue::Integer(1))});
    }
  }
}

TEST(MergeRepliesTest, MinAndMaxKnowTheWholeRange) {
  constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();
  constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(
      Merged(v1::MERGE_OPERATION_MIN, {Applied(RespValue::Integer(kHighest))}),
      RespValue::Integer(kHighest));
  EXPECT_EQ(
      Merged(v1::MERGE_OPERATION_MAX, {Applied(RespValue::Integer(kLowest))}),
      RespValue::Integer(kLowest));
}

PartResult Failed(const std::string& error) {
  PartResult part = Applied(RespValue::Error(error));
  part.outcome = PartOutcome::kFailed;
  return part;
}

// FUNCTION KILL: the function runs on one node.
TEST(MergeRepliesTest, OneSucceededIsTheFirstReplyThatIsNoError) {
  const PartResult unknown = {.outcome = PartOutcome::kUnknown, .node = "a:1"};
  EXPECT_EQ(Merged(v1::MERGE_OPERATION_ONE_SUCCEEDED,
                   {Failed("NOTBUSY"), unknown, Applied(RespValue::Nil()),
                    Applied(RespValue::Status("OK"))}),
            RespValue::Nil());
}

// Rule E2.
TEST(MergeRepliesTest, OneSucceededIsAnErrorWhenNoneHas) {
  EXPECT_EQ(
      Merged(v1::MERGE_OPERATION_ONE_SUCCEEDED,
             {Failed("NOTBUSY no scripts"), Failed("NOTBUSY no scripts")}),
      RespValue::Error("NOTBUSY no scripts"));
  EXPECT_THAT(Merged(v1::MERGE_OPERATION_ONE_SUCCEEDED,
                     {Failed("NOTBUSY"), Failed("UNKILLABLE")})
                  .text,
              HasSubstr("PARTFAILED 0 of 2 parts were applied; failed: part 0 "
                        "on 10.0.0.1:7000: NOTBUSY, part 1"));
}

// KEYS.
TEST(MergeRepliesTest, ConcatenateAppendsArraysInPartOrder) {
  EXPECT_EQ(Merged(v1::MERGE_OPERATION_CONCATENATE,
                   {Applied(Strings({"b", "a"})), Applied(RespValue::Array({})),
                    Applied(Strings({"a"}))}),
            Strings({"b", "a", "a"}));
}

TEST(MergeRepliesTest, ConcatenateRefusesWhatIsNoArray) {
  for (const RespValue& reply : {RespValue::Nil(), RespValue::String("a")}) {
    EXPECT_THAT(MergeFailure(v1::MERGE_OPERATION_CONCATENATE,
                             {Applied(RespValue::Array({})), Applied(reply)}),
                HasSubstr("part 1 on 10.0.0.1:7000 is not an array"));
  }
}

// INFO.
TEST(MergeRepliesTest, ByNodePairsEachNodeWithItsReply) {
  PartResult other = Applied(RespValue::Nil());
  other.node = "10.0.0.2:7000";
  EXPECT_EQ(Merged(v1::MERGE_OPERATION_BY_NODE,
                   {Applied(RespValue::String("# Server")), other}),
            RespValue::Array({Strings({"10.0.0.1:7000", "# Server"}),
                              RespValue::Array({RespValue::String("10.0.0.2:"
                                                                  "7000"),
                                                RespValue::Nil()})}));
}

// RANDOMKEY.
TEST(MergeRepliesTest, FirstNotNilPassesOverNils) {
  EXPECT_EQ(Merged(v1::MERGE_OPERATION_FIRST_NOT_NIL,
                   {Applied(RespValue::Nil()), Applied(RespValue::String("")),
                    Applied(RespValue::String("k"))}),
            RespValue::String(""));
  EXPECT_EQ(Merged(v1::MERGE_OPERATION_FIRST_NOT_NIL,
                   {Applied(RespValue::Nil()), Applied(RespValue::Nil())}),
            RespValue::Nil());
}

// Rule E2: that is what a single server would have answered.
TEST(MergeRepliesTest, AnErrorThatAllPartsMetIsPassedOnAsItIs) {
  for (int operation = v1::MergeOperation_MIN + 1;
       operation <= v1::MergeOperation_MAX; ++operation) {
    EXPECT_EQ(Merged(static_cast<v1::MergeOperation>(operation),
                     {Failed("ERR syntax error"), Failed("ERR syntax error")}),
              RespValue::Error("ERR syntax error"));
  }
}

// Rule E2.
TEST(MergeRepliesTest, OneErrorAmongRepliesIsNeverDropped) {
  for (int operation = v1::MergeOperation_MIN + 1;
       operation <= v1::MergeOperation_MAX; ++operation) {
    if (operation == v1::MERGE_OPERATION_ONE_SUCCEEDED) continue;
    EXPECT_THAT(Merged(static_cast<v1::MergeOperation>(operation),
                       {Applied(RespValue::Integer(1)), Failed("OOM")})
                    .text,
                HasSubstr("PARTFAILED 1 of 2 parts were applied; failed: part "
                          "1 on 10.0.0.1:7000: OOM"));
  }
}

// Rules E2, E3.
TEST(MergeRepliesTest, FailedPartsMakeAnErrorThatNamesAllParts) {
  const std::vector<PartResult> parts = {
      {.outcome = PartOutcome::kApplied,
       .node = "a:1",
       .reply = RespValue::Status("OK"),
       .arg_indexes = {1, 2}},
      {.outcome = PartOutcome::kFailed,
       .node = "b:2",
       .reply = RespValue::Error("OOM command not allowed"),
       .arg_indexes = {3, 4}},
      {.outcome = PartOutcome::kUnknown,
       .node = "c:3",
       .cause = absl::UnavailableError("the node closed the connection"),
       .arg_indexes = {5, 6}},
      {.outcome = PartOutcome::kNotSent,
       .node = "d:4",
       .cause = absl::UnavailableError("connection refused"),
       .arg_indexes = {7, 8}}};
  for (const auto operation :
       {v1::MERGE_OPERATION_ALL_SUCCEEDED, v1::MERGE_OPERATION_SUM,
        v1::MERGE_OPERATION_GATHER, v1::MERGE_OPERATION_SINGLE}) {
    EXPECT_EQ(
        Merged(operation, parts),
        RespValue::Error(
            "PARTFAILED 1 of 4 parts were applied"
            "; failed: part 1 on b:2 (arguments 3, 4): OOM command not allowed"
            "; unknown: part 2 on c:3 (arguments 5, 6): the node closed the "
            "connection"
            "; not sent: part 3 on d:4 (arguments 7, 8): connection refused"
            "; applied: part 0 on a:1 (arguments 1, 2)"));
  }
}

TEST(MergeRepliesTest, TheErrorOfThousandsOfPartsStaysReadable) {
  std::vector<PartResult> parts(5000,
                                {.outcome = PartOutcome::kFailed,
                                 .node = "a:1",
                                 .reply = RespValue::Error("LOADING"),
                                 .arg_indexes = std::vector<int>(1000, 7)});
  parts.back().reply = RespValue::Error("OOM");
  const RespValue merged = Merged(v1::MERGE_OPERATION_SUM, parts);
  EXPECT_THAT(merged.text, HasSubstr("(arguments 7, 7, 7, 7, 7, 7, 7, 7 and 992"
                                     " more): LOADING"));
  EXPECT_THAT(merged.text, HasSubstr(" and 4992 more"));
  EXPECT_LT(merged.text.size(), 1000u);
}

TEST(MergeRepliesTest, AnUnknownOutcomeOfTheOnlyPartIsNoReply) {
  const RespValue merged =
      Merged(v1::MERGE_OPERATION_SINGLE,
             {{.outcome = PartOutcome::kUnknown,
               .node = "a:1",
               .cause = absl::DeadlineExceededError("no answer in time")}});
  EXPECT_EQ(merged, RespValue::Error("PARTFAILED 0 of 1 parts were applied; "
                                     "unknown: part 0 on a:1: no answer in "
                                     "time"));
}

TEST(MergeRepliesTest, NoPartIsAnError) {
  MergeFailure(v1::MERGE_OPERATION_ALL_SUCCEEDED, {});
}

TEST(MergeRepliesTest, OperationsThatAreNotKnownAreUnimplemented) {
  for (const auto operation : {v1::MERGE_OPERATION_UNSPECIFIED,
                               static_cast<v1::MergeOperation>(1000)}) {
    EXPECT_FALSE(CanMerge(operation));
    EXPECT_EQ(MergeReplies(operation, {}).status().code(),
              absl::StatusCode::kUnimplemented);
  }
}

TEST(MergeRepliesTest, KnowsEveryOperationOfTheApi) {
  for (int operation = v1::MergeOperation_MIN + 1;
       operation <= v1::MergeOperation_MAX; ++operation) {
    EXPECT_TRUE(CanMerge(static_cast<v1::MergeOperation>(operation)))
        << operation;
  }
}

}  // namespace
}  // namespace slotplanner
