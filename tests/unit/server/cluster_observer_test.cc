// SPDX-License-Identifier: Apache-2.0
#include "server/cluster_observer.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace slotplanner {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ClusterObserverTest : public testing::Test {
 protected:
  std::string Metrics() const {
    return prometheus::TextSerializer().Serialize(registry_.Collect());
  }

  // What is logged when the cluster answers with a topology of that size.
  std::string LogOfSuccess(int shard_count, bool changed) {
    testing::internal::CaptureStderr();
    observer_.OnRefreshSucceeded(
        {.topology =
             std::make_shared<ClusterTopology>(MakeEvenTopology(shard_count)),
         .catalog = CommandCatalog::Redis70(),
         .confirm_time = absl::FromUnixSeconds(1'700'000'000)},
        changed, absl::Milliseconds(2));
    return testing::internal::GetCapturedStderr();
  }

  // What is logged when the same topology comes with such a catalog.
  std::string LogOfCommands(bool are_hidden) {
    testing::internal::CaptureStderr();
    observer_.OnRefreshSucceeded(
        {.topology = std::make_shared<ClusterTopology>(MakeEvenTopology(3)),
         .catalog = CommandCatalog::Redis70(),
         .confirm_time = absl::FromUnixSeconds(1'700'000'000),
         .hides_commands = are_hidden},
        false, absl::Milliseconds(2));
    return testing::internal::GetCapturedStderr();
  }

  // What is logged when the cluster does not answer.
  std::string LogOfFailure() {
    testing::internal::CaptureStderr();
    observer_.OnRefreshFailed(absl::UnavailableError("127.0.0.1:1 is down"),
                              absl::Milliseconds(2));
    return testing::internal::GetCapturedStderr();
  }

  prometheus::Registry registry_;
  int first_topologies_ = 0;
  ClusterObserver observer_{"orders", registry_,
                            [this] { ++first_topologies_; }};
};

TEST_F(ClusterObserverTest, HasEveryMetricFromTheStart) {
  EXPECT_THAT(
      Metrics(),
      AllOf(HasSubstr("slotplanner_topology_refreshes_total{cluster=\"orders\","
                      "result=\"ok\"} 0\n"),
            HasSubstr("slotplanner_topology_refreshes_total{cluster=\"orders\","
                      "result=\"error\"} 0\n"),
            HasSubstr("slotplanner_topology_refresh_duration_seconds_count{"
                      "cluster=\"orders\"} 0\n"),
            HasSubstr("slotplanner_topology_last_success_timestamp_seconds{"
                      "cluster=\"orders\"} 0\n"),
            HasSubstr(
                "slotplanner_topology_changes_total{cluster=\"orders\"} 0\n"),
            HasSubstr("slotplanner_topology_shards{cluster=\"orders\"} 0\n"),
            HasSubstr("slotplanner_topology_nodes{cluster=\"orders\","
                      "role=\"replica\"} 0\n"),
            HasSubstr("slotplanner_topology_unassigned_slots{"
                      "cluster=\"orders\"} 0\n")));
}

TEST_F(ClusterObserverTest, ShowsTheTopologyThatRequestsSee) {
  LogOfSuccess(3, true);
  EXPECT_THAT(
      Metrics(),
      AllOf(HasSubstr("slotplanner_topology_shards{cluster=\"orders\"} 3\n"),
            HasSubstr("slotplanner_topology_nodes{cluster=\"orders\","
                      "role=\"primary\"} 3\n"),
            HasSubstr("slotplanner_topology_last_success_timestamp_seconds{"
                      "cluster=\"orders\"} 1700000000\n")));
}

TEST_F(ClusterObserverTest, LogsChangesOnly) {
  EXPECT_THAT(LogOfSuccess(3, true), HasSubstr("topology_first_read"));
  EXPECT_THAT(LogOfSuccess(3, false), IsEmpty());
  EXPECT_THAT(LogOfSuccess(4, true), HasSubstr("topology_changed"));
}

TEST_F(ClusterObserverTest, LogsOneFailureOfAStreakAndTheRecovery) {
  LogOfSuccess(3, true);
  EXPECT_THAT(LogOfFailure(), AllOf(HasSubstr("topology_refresh_failed"),
                                    HasSubstr("127.0.0.1:1 is down")));
  EXPECT_THAT(LogOfFailure(), IsEmpty());
  EXPECT_THAT(LogOfSuccess(3, false),
              AllOf(HasSubstr("topology_refresh_recovered"),
                    HasSubstr("\"failures\":2")));
  EXPECT_THAT(LogOfFailure(), HasSubstr("topology_refresh_failed"));
}

TEST_F(ClusterObserverTest,
       LogsOnceThatCommandsAreHiddenAndOnceThatTheyAreNot) {
  LogOfSuccess(3, true);
  EXPECT_THAT(LogOfCommands(true),
              AllOf(HasSubstr("commands_hidden"), HasSubstr("warning")));
  EXPECT_THAT(LogOfCommands(true), IsEmpty());
  LogOfFailure();
  EXPECT_THAT(LogOfCommands(true), Not(HasSubstr("commands_hidden")));
  EXPECT_THAT(LogOfCommands(false), HasSubstr("commands_shown"));
  EXPECT_THAT(LogOfCommands(false), IsEmpty());
}

TEST_F(ClusterObserverTest, KeepsTheLastTopologyInTheMetricsAfterAFailure) {
  LogOfSuccess(3, true);
  LogOfFailure();
  EXPECT_THAT(
      Metrics(),
      AllOf(HasSubstr("slotplanner_topology_shards{cluster=\"orders\"} 3\n"),
            HasSubstr("slotplanner_topology_refreshes_total{"
                      "cluster=\"orders\",result=\"error\"} 1\n")));
}

TEST_F(ClusterObserverTest, TellsTheFirstTopologyOnce) {
  LogOfFailure();
  EXPECT_EQ(first_topologies_, 0);
  LogOfSuccess(3, true);
  LogOfSuccess(4, true);
  EXPECT_EQ(first_topologies_, 1);
}

}  // namespace
}  // namespace slotplanner
