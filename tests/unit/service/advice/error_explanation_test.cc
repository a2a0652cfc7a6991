// SPDX-License-Identifier: Apache-2.0
// tests/e2e/advice_test.py has real nodes give these errors.
#include "service/advice/error_explanation.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/plan_fixture.h"

namespace slotplanner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using enum ErrorCause;
using enum ErrorReaction;

ErrorExplanation Explain(std::string_view error) {
  return ExplainError(error, {}, nullptr);
}

ErrorExplanation Explain(std::string_view error, const std::string& command) {
  const ClusterSnapshot snapshot = ThreeShards();
  const Words words(command);
  return ExplainError(error, words.views(), &snapshot);
}

struct KnownError {
  std::string_view line;  // Of the source of Redis 7.0.15, but for those noted.
  ErrorCause cause;
};

constexpr KnownError kKnownErrors[] = {
    {"CROSSSLOT Keys in request don't hash to the same slot", kCrossSlot},
    {"ERR Script attempted to access keys that do not hash to the same slot "
     "script: 26b9d0f4e1b8bd1d7d, on @user_script:1.",
     kScriptCrossSlot},
    // Before 7.0 there was no ERR.
    {"Script attempted to access keys that do not hash to the same slot",
     kScriptCrossSlot},
    {"ERR Script attempted to access a non local key in a cluster node script: "
     "26b9d0f4, on @user_script:1.",
     kScriptForeignKey},
    {"MOVED 3999 127.0.0.1:6381", kMoved},
    {"ASK 3999 127.0.0.1:6381", kAsk},
    {"TRYAGAIN Multiple keys request during rehashing of slot", kTryAgain},
    {"CLUSTERDOWN Hash slot not served", kSlotNotServed},
    {"CLUSTERDOWN The cluster is down", kClusterDown},
    {"CLUSTERDOWN The cluster is down and only accepts read commands",
     kClusterDown},
    {"EXECABORT Transaction discarded because of previous errors.",
     kTransactionAborted},
    {"READONLY You can't write against a read only replica.", kReadOnlyReplica},
    {"LOADING Redis is loading the dataset in memory", kLoading},
    {"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set "
     "to 'no'.",
     kReplicaCutOff},
    {"BUSY Redis is busy running a script. You can only call SCRIPT KILL or "
     "SHUTDOWN NOSAVE.",
     kBusy},
    {"ERR SELECT is not allowed in cluster mode", kNotInClusterMode},
    {"ERR Copying to another database is not allowed in cluster mode",
     kNotInClusterMode},
    {"ERR BY option of SORT denied in cluster mode.", kSortPattern},
    {"ERR This instance has cluster support disabled", kClusterDisabled},
    {"NOSCRIPT No matching script. Please use EVAL.", kUnknownScript},
    {"WRONGTYPE Operation against a key holding the wrong kind of value",
     kNotOfCluster},
    {"ERR value is not an integer or out of range", kNotOfCluster},
    {"", kNotOfCluster},
};

TEST(ExplainErrorTest, KnowsTheErrorsOfNodes) {
  std::set<ErrorCause> causes;
  for (const KnownError& error : kKnownErrors) {
    EXPECT_EQ(Explain(error.line).cause, error.cause) << error.line;
    causes.insert(error.cause);
  }
  EXPECT_THAT(causes, SizeIs(static_cast<size_t>(kUnknownScript)))
      << "a cause has no error";
}

TEST(ExplainErrorTest, SaysWhatToDoAboutEachErrorOfAClusterOnly) {
  for (const KnownError& error : kKnownErrors) {
    const ErrorExplanation explanation = Explain(error.line);
    EXPECT_THAT(explanation.message, Not(IsEmpty()));
    EXPECT_EQ(explanation.reactions.empty(), error.cause == kNotOfCluster)
        << error.line;
  }
}

TEST(ExplainErrorTest, PassesOverWhatStandsBeforeTheError) {
  EXPECT_EQ(Explain("-TRYAGAIN Multiple keys request").cause, kTryAgain);
  EXPECT_EQ(Explain("(error) CROSSSLOT Keys in request").cause, kCrossSlot);
}

TEST(ExplainErrorTest, TellsWhereARedirectionLeads) {
  const ErrorExplanation moved = Explain("-MOVED 3999 127.0.0.1:6381");
  EXPECT_EQ(moved.slot, HashSlot::FromNumber(3999));
  EXPECT_EQ(moved.target, (RespEndpoint{.host = "127.0.0.1", .port = 6381}));
  EXPECT_THAT(moved.reactions, ElementsAre(kFollow, kRefresh));
  EXPECT_THAT(Explain("ASK 0 [::1]:1").reactions, ElementsAre(kFollow));
}

TEST(ExplainErrorTest, DoesNotTrustARedirectionToNowhere) {
  const ErrorExplanation explanation = Explain("MOVED 16384 127.0.0.1:6381");
  EXPECT_EQ(explanation.cause, kMoved);
  EXPECT_EQ(explanation.slot, std::nullopt);
  EXPECT_EQ(explanation.target, std::nullopt);
}

TEST(ExplainErrorTest, KnowsThatScriptsDoNotTakeBackWhatTheyDid) {
  for (const KnownError& error : kKnownErrors) {
    EXPECT_EQ(
        Explain(error.line).may_have_been_applied,
        error.cause == kScriptCrossSlot || error.cause == kScriptForeignKey)
        << error.line;
  }
}

// 6777 and 10778: CLUSTER KEYSLOT of Redis 7.0.15.
TEST(ExplainErrorTest, NamesTheKeysThatAPlanWouldSplit) {
  const ErrorExplanation explanation =
      Explain("CROSSSLOT Keys in request don't hash to the same slot",
              "MGET user:1 user:2");
  EXPECT_EQ(explanation.verdict, Verdict::kSplit);
  EXPECT_THAT(explanation.reactions, ElementsAre(kChangeCommand, kChangeKeys));
  EXPECT_THAT(explanation.message, HasSubstr("a part for each slot"));
  ASSERT_THAT(explanation.keys, SizeIs(2));
  EXPECT_EQ(
      explanation.keys[0],
      (KeyLocation{.arg_index = 1, .slot = *HashSlot::FromNumber(10778)}));
  EXPECT_EQ(explanation.remedies.back().kind, RemedyKind::kSplitPolicy);
}

TEST(ExplainErrorTest, HasTheWaysOutOfWhatCannotBeSplit) {
  const ErrorExplanation explanation =
      Explain("CROSSSLOT Keys in request don't hash to the same slot",
              "RENAME user:1 user:2");
  EXPECT_EQ(explanation.verdict, Verdict::kRefused);
  EXPECT_THAT(explanation.message, HasSubstr("6777, 10778"));
  EXPECT_THAT(explanation.reactions, ElementsAre(kChangeKeys));
  EXPECT_THAT(explanation.keys, SizeIs(2));
  EXPECT_EQ(explanation.remedies.front().kind, RemedyKind::kHashTag);
}

TEST(ExplainErrorTest, DoesNotBlameKeysThatShareASlot) {
  const ErrorExplanation explanation =
      Explain("CROSSSLOT Keys in request don't hash to the same slot",
              "MGET {user:1}:a {user:1}:b");
  EXPECT_EQ(explanation.verdict, Verdict::kSingleSlot);
  EXPECT_THAT(explanation.reactions, ElementsAre(kSeeEarlierReply));
  EXPECT_THAT(explanation.keys, IsEmpty());
  EXPECT_THAT(explanation.message, HasSubstr("another command"));
}

TEST(ExplainErrorTest, ExplainsARefusalBesideAnotherError) {
  const ErrorExplanation explanation =
      Explain("ERR SELECT is not allowed in cluster mode", "SELECT 1");
  EXPECT_EQ(explanation.cause, kNotInClusterMode);
  EXPECT_EQ(explanation.verdict, Verdict::kRefused);
}

}  // namespace
}  // namespace slotplanner
