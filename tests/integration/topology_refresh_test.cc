// SPDX-License-Identifier: Apache-2.0
// A refresher that follows a node through its troubles.
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/topology/refresh_cycle.h"
#include "service/topology/refresh_requests.h"
#include "service/topology/source_spec.h"
#include "service/topology/topology_refresher.h"
#include "service/topology/topology_store.h"
#include "tests/support/cluster_replies.h"
#include "tests/support/fake_node.h"

namespace slotplanner {
namespace {

using ::testing::HasSubstr;

// Lets a test wait until refreshes succeed, or until they fail.
class Signals final : public RefreshObserver {
 public:
  void OnRefreshSucceeded(const RefreshReport& /*report*/) override {
    Signal(absl::OkStatus());
  }

  void OnRefreshFailed(const absl::Status& status,
                       absl::Duration /*duration*/) override {
    Signal(status);
  }

  void WaitForSuccess() {
    std::unique_lock lock(mutex_);
    happened_.wait(lock, [&] { return last_.has_value() && last_->ok(); });
  }

  // Its message.
  std::string WaitForFailure() {
    std::unique_lock lock(mutex_);
    happened_.wait(lock, [&] { return last_.has_value() && !last_->ok(); });
    return std::string(last_->message());
  }

 private:
  void Signal(const absl::Status& status) {
    const std::lock_guard lock(mutex_);
    last_ = status;
    happened_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable happened_;
  std::optional<absl::Status> last_;  // Of the last refresh. Guarded by mutex_.
};

// Answers the question for a view, and hangs up when it is asked for more.
FakeScript View(const FakeNode& node) {
  return FakeScript()
      .Expect({"CLUSTER", "SHARDS"})
      .Send(OneShardReply(node.endpoint()))
      .Expect({"CLUSTER", "NODES"})
      .Send(OneNodeReply());
}

TEST(TopologyRefreshTest, RecoversWhenTheNodeIsBack) {
  FakeNode node;  // Hangs up on everybody.
  TopologyStore store;
  RefreshRequests requests;
  Signals signals;
  // After a success, looks only when it is asked to.
  const TopologyRefresher refresher(
      MakeTopologySource(*ParseSourceSpec(
          absl::StrCat("redis://", ToString(node.endpoint())))),
      &store, &requests, &signals,
      {.interval = absl::InfiniteDuration(),
       .min_interval = absl::Milliseconds(1),
       .min_backoff = absl::Milliseconds(1),
       .max_backoff = absl::Milliseconds(10)});
  EXPECT_THAT(signals.WaitForFailure(), HasSubstr(ToString(node.endpoint())));
  EXPECT_EQ(store.Current(), nullptr);

  node.Play(View(node).Expect({"COMMAND"}).Send(CommandReply()));
  signals.WaitForSuccess();
  const auto snapshot = store.Current();
  ASSERT_NE(snapshot, nullptr);
  EXPECT_EQ(snapshot->asked_node_count, 1);
  EXPECT_EQ(snapshot->agreeing_node_count, 1);

  node.Play(FakeScript());
  requests.Request();
  signals.WaitForFailure();
  // Rule G5.
  EXPECT_EQ(store.Current(), snapshot);

  // An equal topology; its commands are known.
  node.Play(View(node));
  signals.WaitForSuccess();
  EXPECT_EQ(store.Current()->topology, snapshot->topology);
  EXPECT_GT(store.Current()->confirm_time, snapshot->confirm_time);
}

}  // namespace
}  // namespace slotplanner
