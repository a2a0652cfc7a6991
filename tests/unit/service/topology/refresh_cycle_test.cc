// SPDX-License-Identifier: Apache-2.0
#include "service/topology/refresh_cycle.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/commands/command_catalog.h"
#include "service/slots/hash_slot.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/topology_source.h"
#include "service/topology/topology_store.h"

namespace slotplanner {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

ClusterReading ReadingOf(int shard_count) {
  return {.topology = std::make_shared<const ClusterTopology>(
              MakeEvenTopology(shard_count)),
          .catalog = CommandCatalog::Redis70()};
}

ClusterReading Unsettled() {
  ClusterReading reading = ReadingOf(1);
  reading.is_settled = false;
  return reading;
}

// Gives what it was told to.
class OneSource final : public TopologySource {
 public:
  absl::StatusOr<ClusterReading> Read(absl::Time deadline) override {
    last_deadline = deadline;
    return next;
  }

  absl::StatusOr<ClusterReading> next = ReadingOf(1);
  absl::Time last_deadline;
};

// Keeps the last report.
class LastReport final : public RefreshObserver {
 public:
  void OnRefreshSucceeded(const RefreshReport& report) override {
    success = report;
  }
  void OnRefreshFailed(const absl::Status& status,
                       absl::Duration /*duration*/) override {
    failures.emplace_back(status.message());
  }

  std::optional<RefreshReport> success;
  std::vector<std::string> failures;
};

class RefreshCycleTest : public testing::Test {
 protected:
  // The pause behind a refresh at `now` that finds this.
  RefreshPause Run(absl::StatusOr<ClusterReading> found,
                   absl::Time now = kNow) {
    source_.next = std::move(found);
    return cycle_.Run(now);
  }

  OneSource source_;
  TopologyStore store_;
  LastReport observer_;
  const RefreshOptions options_ = {};
  RefreshCycle cycle_{&source_, &store_, &observer_, options_, 1};
};

TEST_F(RefreshCycleTest, PublishesAllThatTheSourceRead) {
  ClusterReading reading = ReadingOf(2);
  reading.migrations = {{.slot = *HashSlot::FromNumber(7),
                         .source_node_id = "a",
                         .target_node_id = "b"}};
  reading.hides_commands = true;
  reading.asked_node_count = 5;
  reading.agreeing_node_count = 3;
  reading.hides_migrations = true;
  Run(reading);
  const std::shared_ptr<const ClusterSnapshot> snapshot = store_.Current();
  ASSERT_NE(snapshot, nullptr);
  EXPECT_EQ(snapshot->topology, reading.topology);
  EXPECT_EQ(snapshot->catalog, reading.catalog);
  EXPECT_EQ(snapshot->migrations, reading.migrations);
  EXPECT_TRUE(snapshot->hides_commands);
  EXPECT_EQ(snapshot->asked_node_count, 5);
  EXPECT_EQ(snapshot->agreeing_node_count, 3);
  EXPECT_TRUE(snapshot->hides_migrations);
}

TEST_F(RefreshCycleTest, ConfirmsByTheClockThatItIsTold) {
  Run(ReadingOf(1));
  EXPECT_GE(store_.Current()->confirm_time, kNow);
  // The rest is what the read took.
  EXPECT_LT(store_.Current()->confirm_time, kNow + absl::Hours(1));
}

TEST_F(RefreshCycleTest, GivesTheSourceADeadlineByTheRealClock) {
  const absl::Time begin = absl::Now();
  Run(ReadingOf(1));
  EXPECT_GE(source_.last_deadline, begin + options_.timeout);
  EXPECT_LE(source_.last_deadline, absl::Now() + options_.timeout);
}

TEST_F(RefreshCycleTest, ReportsWhatWasPublishedAndHowItCameAbout) {
  ClusterReading reading = Unsettled();
  reading.problems = {{.node = {.host = "10.0.0.1", .port = 7000},
                       .status = absl::UnavailableError("down")}};
  Run(reading);
  ASSERT_TRUE(observer_.success.has_value());
  EXPECT_EQ(observer_.success->snapshot, store_.Current());
  EXPECT_TRUE(observer_.success->has_new_topology);
  EXPECT_THAT(observer_.success->problems, SizeIs(1));

  Run(ReadingOf(1));
  EXPECT_FALSE(observer_.success->has_new_topology);
  Run(ReadingOf(2));
  EXPECT_TRUE(observer_.success->has_new_topology);
}

// Rule G5.
TEST_F(RefreshCycleTest, KeepsTheLastSnapshotThroughFailures) {
  Run(ReadingOf(1));
  const auto snapshot = store_.Current();
  Run(absl::UnavailableError("down"));
  EXPECT_EQ(store_.Current(), snapshot);
  EXPECT_THAT(observer_.failures, ElementsAre("down"));
}

// Within the jitter of 10 %.
MATCHER_P(IsAbout, duration, "") {
  return arg >= duration * 0.9 && arg <= duration * 1.1;
}

TEST_F(RefreshCycleTest, PausesForTheIntervalUnlessAsked) {
  const RefreshPause pause = Run(ReadingOf(1));
  EXPECT_THAT(pause.at_most, IsAbout(options_.interval));
  EXPECT_LE(pause.at_least, options_.min_interval);
}

TEST_F(RefreshCycleTest, BacksOffWhileTheClusterFailsOrIsNotSettled) {
  Run(ReadingOf(1));
  EXPECT_THAT(Run(Unsettled()).at_most, IsAbout(absl::Milliseconds(100)));
  EXPECT_THAT(Run(Unsettled()).at_most, IsAbout(absl::Milliseconds(200)));
  EXPECT_THAT(Run(absl::UnavailableError("down")).at_most,
              IsAbout(absl::Milliseconds(400)));
  for (int i = 0; i < 10; ++i) Run(absl::UnavailableError("down"));
  EXPECT_THAT(Run(absl::UnavailableError("down")).at_most,
              IsAbout(absl::Seconds(5)));
  EXPECT_THAT(Run(Unsettled()).at_most, IsAbout(absl::Milliseconds(500)));
  EXPECT_THAT(Run(ReadingOf(1)).at_most, IsAbout(options_.interval));
  EXPECT_THAT(Run(Unsettled()).at_most, IsAbout(absl::Milliseconds(100)));
}

TEST_F(RefreshCycleTest, NeverPausesLongerWhenAskedThanWhenNot) {
  for (int i = 0; i < 20; ++i) {
    const RefreshPause pause = Run(absl::UnavailableError("down"));
    EXPECT_GE(pause.at_least, absl::ZeroDuration());
    EXPECT_LE(pause.at_least, pause.at_most);
  }
}

constexpr double kMiddle = 0.5;  // No jitter.

TEST(DelayUntilNextRefreshTest, IsTheIntervalAfterASuccess) {
  EXPECT_EQ(DelayUntilNextRefresh({.interval = absl::Seconds(10)},
                                  RefreshOutcome::kSettled, 0, kMiddle),
            absl::Seconds(10));
}

TEST(DelayUntilNextRefreshTest, DoublesWithEachTroubleUpToTheLimit) {
  const RefreshOptions options{.interval = absl::Seconds(10),
                               .min_backoff = absl::Milliseconds(100),
                               .max_backoff = absl::Seconds(3),
                               .max_unsettled_interval = absl::Seconds(1)};
  const auto delay = [&](RefreshOutcome outcome, int troubles) {
    return DelayUntilNextRefresh(options, outcome, troubles, kMiddle);
  };
  for (const auto outcome :
       {RefreshOutcome::kFailed, RefreshOutcome::kUnsettled}) {
    EXPECT_EQ(delay(outcome, 1), absl::Milliseconds(100));
    EXPECT_EQ(delay(outcome, 2), absl::Milliseconds(200));
    EXPECT_EQ(delay(outcome, 4), absl::Milliseconds(800));
  }
  EXPECT_EQ(delay(RefreshOutcome::kUnsettled, 5), absl::Seconds(1));
  EXPECT_EQ(delay(RefreshOutcome::kUnsettled, 1'000'000), absl::Seconds(1));
  EXPECT_EQ(delay(RefreshOutcome::kFailed, 5), absl::Milliseconds(1600));
  EXPECT_EQ(delay(RefreshOutcome::kFailed, 6), absl::Seconds(3));
  EXPECT_EQ(delay(RefreshOutcome::kFailed, 1'000'000), absl::Seconds(3));
}

TEST(DelayUntilNextRefreshTest, IsNeverLongerAfterATroubleThanAfterASuccess) {
  for (const auto outcome :
       {RefreshOutcome::kFailed, RefreshOutcome::kUnsettled}) {
    EXPECT_EQ(DelayUntilNextRefresh({.interval = absl::Milliseconds(50)},
                                    outcome, 9, kMiddle),
              absl::Milliseconds(50));
  }
}

TEST(DelayUntilNextRefreshTest, JitterIsTenPercentEitherWay) {
  const RefreshOptions options{.interval = absl::Seconds(10)};
  const auto delay = [&](double random) {
    return DelayUntilNextRefresh(options, RefreshOutcome::kSettled, 0, random);
  };
  EXPECT_EQ(delay(0.0), absl::Seconds(9));
  EXPECT_EQ(delay(0.75), absl::Milliseconds(10500));
  EXPECT_LT(delay(0.999), absl::Seconds(11));
}

}  // namespace
}  // namespace slotplanner
