// SPDX-License-Identifier: Apache-2.0
#include "server/cluster_observer.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/log.h"
#include "service/commands/command_catalog.h"
#include "service/slots/hash_slot.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/refresh_cycle.h"
#include "service/topology/topology_store.h"

namespace slotplanner {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ClusterObserverTest : public testing::Test {
 protected:
  // All of these tests share the log's limit to lines of one event, which is
  // lower than those of the observer.
  ClusterObserverTest() { SetLogLevel(LogLevel::kDebug); }
  ~ClusterObserverTest() override { SetLogLevel(LogLevel::kInfo); }

  std::string Metrics() const {
    return prometheus::TextSerializer().Serialize(registry_.Collect());
  }

  // What is logged when the cluster answers so.
  std::string LogOf(const RefreshReport& report) {
    testing::internal::CaptureStderr();
    observer_.OnRefreshSucceeded(report);
    return testing::internal::GetCapturedStderr();
  }

  // What is logged when the cluster answers with a topology of that size.
  std::string LogOfSuccess(int shard_count, bool has_new_topology) {
    return LogOf(
        {.snapshot = std::make_shared<ClusterSnapshot>(SnapshotOf(shard_count)),
         .has_new_topology = has_new_topology,
         .duration = absl::Milliseconds(2)});
  }

  // What is logged when the same topology comes with such a catalog.
  std::string LogOfCommands(bool are_hidden) {
    ClusterSnapshot snapshot = SnapshotOf(3);
    snapshot.hides_commands = are_hidden;
    return LogOf({.snapshot = std::make_shared<ClusterSnapshot>(snapshot)});
  }

  // What is logged when nodes hide CLUSTER NODES, or do not.
  std::string LogOfMigrations(bool are_hidden) {
    ClusterSnapshot snapshot = SnapshotOf(3);
    snapshot.hides_migrations = are_hidden;
    return LogOf({.snapshot = std::make_shared<ClusterSnapshot>(snapshot)});
  }

  // What is logged when the cluster answers after `elapsed`, but nodes on these
  // ports do not.
  std::string LogOfProblems(absl::Duration elapsed,
                            const std::vector<int>& ports) {
    ClusterSnapshot snapshot = SnapshotOf(3);
    snapshot.confirm_time += elapsed;
    RefreshReport report = {
        .snapshot = std::make_shared<ClusterSnapshot>(std::move(snapshot))};
    for (const int port : ports) {
      report.problems.push_back(
          {.node = {.host = "10.0.0.1", .port = port},
           .status = absl::UnavailableError("It is out.")});
    }
    return LogOf(report);
  }

  // What is logged when the cluster does not answer.
  std::string LogOfFailure() {
    testing::internal::CaptureStderr();
    observer_.OnRefreshFailed(absl::UnavailableError("127.0.0.1:1 is down"),
                              absl::Milliseconds(2));
    return testing::internal::GetCapturedStderr();
  }

  static ClusterSnapshot SnapshotOf(int shard_count) {
    return {.topology = std::make_shared<ClusterTopology>(
                MakeEvenTopology(shard_count)),
            .catalog = CommandCatalog::Redis70(),
            .confirm_time = absl::FromUnixSeconds(1'700'000'000)};
  }

  prometheus::Registry registry_;
  ClusterObserver observer_{"orders", registry_};
};

TEST_F(ClusterObserverTest, HasEveryMetricFromTheStart) {
  EXPECT_THAT(
      Metrics(),
      AllOf(
          HasSubstr("slotplanner_topology_refreshes_total{cluster=\"orders\","
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
                    "cluster=\"orders\"} 0\n"),
          HasSubstr("slotplanner_topology_migrating_slots{"
                    "cluster=\"orders\"} 0\n"),
          HasSubstr("slotplanner_topology_asked_nodes{cluster=\"orders\"} 0\n"),
          HasSubstr("slotplanner_topology_agreeing_nodes{"
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

TEST_F(ClusterObserverTest, ShowsVotesAndMigrations) {
  ClusterSnapshot snapshot = SnapshotOf(3);
  snapshot.asked_node_count = 5;
  snapshot.agreeing_node_count = 4;
  snapshot.migrations.resize(2, {.slot = *HashSlot::FromNumber(0),
                                 .source_node_id = "a",
                                 .target_node_id = "b"});
  LogOf({.snapshot = std::make_shared<ClusterSnapshot>(snapshot)});
  EXPECT_THAT(
      Metrics(),
      AllOf(
          HasSubstr("slotplanner_topology_asked_nodes{cluster=\"orders\"} 5\n"),
          HasSubstr("slotplanner_topology_agreeing_nodes{"
                    "cluster=\"orders\"} 4\n"),
          HasSubstr("slotplanner_topology_migrating_slots{"
                    "cluster=\"orders\"} 2\n")));
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

TEST_F(ClusterObserverTest,
       LogsOnceThatMigrationsAreHiddenAndOnceThatTheyAreNot) {
  EXPECT_THAT(LogOfMigrations(true),
              AllOf(HasSubstr("migrations_hidden"), HasSubstr("warning")));
  EXPECT_THAT(LogOfMigrations(true), IsEmpty());
  EXPECT_THAT(LogOfMigrations(false), HasSubstr("migrations_shown"));
  EXPECT_THAT(LogOfMigrations(false), IsEmpty());
}

TEST_F(ClusterObserverTest, LogsOnceThatAccessIsUnusableAndOnceThatItIsNot) {
  const auto log_of = [this](const absl::Status& status) {
    return LogOf({.snapshot = std::make_shared<ClusterSnapshot>(SnapshotOf(3)),
                  .access_status = status});
  };
  const absl::Status broken = absl::InvalidArgumentError("/run/key.pem is odd");
  log_of(absl::OkStatus());
  EXPECT_THAT(log_of(broken),
              AllOf(HasSubstr("access_unusable"), HasSubstr("key.pem is odd")));
  EXPECT_THAT(log_of(broken), IsEmpty());
  EXPECT_THAT(log_of(absl::OkStatus()), HasSubstr("access_usable"));
  EXPECT_THAT(log_of(absl::OkStatus()), IsEmpty());
}

TEST_F(ClusterObserverTest, LogsOnceThatANodeIsUnusableAndOnceThatItIsNot) {
  EXPECT_THAT(
      LogOfProblems(absl::Seconds(0), {7000}),
      AllOf(HasSubstr("node_unusable"), HasSubstr("\"node\":\"10.0.0.1:7000\""),
            HasSubstr("It is out."), HasSubstr("warning")));
  EXPECT_THAT(LogOfProblems(absl::Seconds(10), {7000}), IsEmpty());
  EXPECT_THAT(LogOfProblems(absl::Seconds(20), {7001, 7000}),
              AllOf(HasSubstr("10.0.0.1:7001"), Not(HasSubstr("7000"))));
  LogOfFailure();
  EXPECT_THAT(LogOfProblems(absl::Hours(1), {7000, 7001, 7001}),
              Not(HasSubstr("node_")));
  EXPECT_THAT(LogOfProblems(absl::Hours(2), {7001}),
              AllOf(HasSubstr("node_usable"), HasSubstr("10.0.0.1:7000")));
  EXPECT_THAT(LogOfProblems(absl::Hours(3), {7001}), IsEmpty());
}

TEST_F(ClusterObserverTest, LogsANodeThatFlipsAtMostOnceAMinute) {
  std::string log;
  for (int second = 0; second < 600; ++second) {
    log += second % 2 == 0 ? LogOfProblems(absl::Seconds(second), {7000})
                           : LogOfProblems(absl::Seconds(second), {});
  }
  const auto count = [&](const std::string& event) {
    int found = 0;
    for (size_t i = log.find(event); i != std::string::npos;
         i = log.find(event, i + 1)) {
      ++found;
    }
    return found;
  };
  EXPECT_EQ(count("node_unusable"), 10);
  EXPECT_EQ(count("node_usable"), 10);
}

TEST_F(ClusterObserverTest, LogsANodeThatFlippedAndStaysUnusable) {
  LogOfProblems(absl::Seconds(0), {7000});
  LogOfProblems(absl::Seconds(1), {});
  EXPECT_THAT(LogOfProblems(absl::Seconds(2), {7000}), IsEmpty());
  EXPECT_THAT(LogOfProblems(absl::Seconds(60), {7000}),
              HasSubstr("node_unusable"));
}

TEST_F(ClusterObserverTest, LogsNoMoreThanAThousandNodesAMinute) {
  std::vector<int> ports;
  for (int port = 1; port <= 1001; ++port) ports.push_back(port);
  const std::string log = LogOfProblems(absl::Seconds(0), ports);
  EXPECT_THAT(log, AllOf(HasSubstr(":1000\""), Not(HasSubstr(":1001\""))));
  // There is room again for those that were left out.
  LogOfProblems(absl::Minutes(1), {});
  EXPECT_THAT(LogOfProblems(absl::Minutes(2), {1001}), HasSubstr(":1001\""));
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

}  // namespace
}  // namespace slotplanner
