// SPDX-License-Identifier: Apache-2.0
// A refresher that follows a node through its troubles.
#include <condition_variable>
#include <mutex>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/topology/source_spec.h"
#include "service/topology/topology_refresher.h"
#include "service/topology/topology_store.h"
#include "tests/support/cluster_replies.h"
#include "tests/support/fake_node.h"

namespace slotplanner {
namespace {

using ::testing::HasSubstr;

// Lets a test wait for the next success or failure.
class Signals final : public RefreshObserver {
 public:
  void OnRefreshSucceeded(const ClusterSnapshot& /*snapshot*/, bool /*changed*/,
                          absl::Duration /*duration*/) override {
    const std::lock_guard lock(mutex_);
    ++successes_;
    happened_.notify_all();
  }

  void OnRefreshFailed(const absl::Status& status,
                       absl::Duration /*duration*/) override {
    const std::lock_guard lock(mutex_);
    ++failures_;
    last_failure_ = std::string(status.message());
    happened_.notify_all();
  }

  void WaitForSuccess() { WaitForOneMore(successes_); }

  // Its message.
  std::string WaitForFailure() {
    WaitForOneMore(failures_);
    const std::lock_guard lock(mutex_);
    return last_failure_;
  }

 private:
  void WaitForOneMore(const int& count) {
    std::unique_lock lock(mutex_);
    const int before = count;
    happened_.wait(lock, [&] { return count > before; });
  }

  std::mutex mutex_;
  std::condition_variable happened_;
  int successes_ = 0;  // Guarded by mutex_, as all below.
  int failures_ = 0;
  std::string last_failure_;
};

FakeScript Healthy(const FakeNode& node) {
  return FakeScript()
      .Expect({"CLUSTER", "SHARDS"})
      .Send(OneShardReply(node.endpoint()))
      .Expect({"COMMAND"})
      .Send(CommandReply());
}

TEST(TopologyRefreshTest, RecoversWhenTheNodeIsBack) {
  FakeNode node;  // Hangs up on everybody.
  TopologyStore store;
  Signals signals;
  const TopologyRefresher refresher(
      MakeTopologySource(*ParseSourceSpec(
          absl::StrCat("redis://", ToString(node.endpoint())))),
      &store, &signals,
      {.interval = absl::Milliseconds(5),
       .min_backoff = absl::Milliseconds(1)});
  EXPECT_THAT(signals.WaitForFailure(), HasSubstr(ToString(node.endpoint())));
  EXPECT_EQ(store.Current(), nullptr);

  node.Play(Healthy(node));
  signals.WaitForSuccess();
  const auto snapshot = store.Current();
  ASSERT_NE(snapshot, nullptr);

  node.Play(FakeScript());
  signals.WaitForFailure();
  // Rule G5.
  ASSERT_NE(store.Current(), nullptr);
  EXPECT_EQ(store.Current()->topology, snapshot->topology);

  node.Play(Healthy(node));
  signals.WaitForSuccess();
  EXPECT_EQ(store.Current()->topology, snapshot->topology);
  EXPECT_GT(store.Current()->confirm_time, snapshot->confirm_time);
}

}  // namespace
}  // namespace slotplanner
