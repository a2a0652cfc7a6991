// SPDX-License-Identifier: Apache-2.0
// A day in the life of the map ring while its cluster does not come to rest, by
// a clock of the test's own: nothing may grow.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <malloc.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/resp/resp_reply.h"
#include "service/resp/resp_value.h"
#include "service/topology/redis_source.h"
#include "service/topology/refresh_cycle.h"
#include "service/topology/refresh_requests.h"
#include "service/topology/source_spec.h"
#include "service/topology/topology_store.h"
#include "service/topology/topology_watch.h"
#include "tests/support/cluster_replies.h"
#include "tests/support/fake_cluster.h"
#include "tests/support/random_seed.h"

namespace slotplanner {
namespace {

using Random = std::mt19937_64;

bool OneIn(uint64_t n, Random& random) { return random() % n == 0; }

// A cluster of three shards, two of them with a replica, that fails over,
// moves slots, disagrees with itself, loses nodes and goes away as a whole, at
// random. Its nodes are real sockets.
class FlappingCluster {
 public:
  static constexpr size_t kNodeCount = 5;

  explicit FlappingCluster(uint64_t seed) : random_(seed) { BeWhole(); }

  RedisSourceSpec source_spec() const {
    return {.seeds = {nodes_.endpoint(0), nodes_.endpoint(1)},
            .user = "",
            .password = "",
            .tls = false};
  }

  // Something may happen.
  void Flap() {
    if (OneIn(10, random_)) FailOver();
    if (OneIn(10, random_)) MoveSlots();
    if (OneIn(5, random_)) migrating_count_ = random_() % 50;
    is_down_ = OneIn(is_down_ ? 5 : 100, random_) != is_down_;
    for (size_t node = 0; node < kNodeCount; ++node) {
      bool& is_node_down = is_node_down_[node];
      is_node_down = OneIn(is_node_down ? 3 : 50, random_) != is_node_down;
      if (is_down_ || is_node_down) {
        nodes_.HangUp(node);
      } else if (!OneIn(4, random_)) {  // Else it has not heard of it yet.
        TellView(node);
      }
    }
  }

  // All nodes are there and of one mind.
  void BeWhole() {
    is_down_ = false;
    migrating_count_ = 0;
    is_node_down_.fill(false);
    for (size_t node = 0; node < kNodeCount; ++node) TellView(node);
  }

  void WaitUntilEachNodeHasOneClient() { nodes_.WaitForClients(kNodeCount); }

 private:
  struct FlappingShard {
    size_t primary;
    std::vector<size_t> replicas;
    int64_t first_slot;
    int64_t epoch;
  };

  static std::string IdOf(size_t node) { return std::to_string(node + 1); }

  void FailOver() {
    FlappingShard& shard = shards_[random_() % 2];
    std::swap(shard.primary, shard.replicas.front());
    shard.epoch = ++last_epoch_;
  }

  // The last slots of the first shard become the first of the second, or the
  // other way round.
  void MoveSlots() {
    shards_[1].first_slot = static_cast<int64_t>(5'000 + random_() % 1'000);
    shards_[0].epoch = ++last_epoch_;
    shards_[1].epoch = ++last_epoch_;
  }

  // Makes `node` see the cluster as it is.
  void TellView(size_t node) {
    std::vector<RespValue> shards;
    std::vector<NodeLine> lines;
    for (size_t i = 0; i < shards_.size(); ++i) {
      const FlappingShard& shard = shards_[i];
      const int64_t last_slot =
          i + 1 < shards_.size() ? shards_[i + 1].first_slot - 1 : 16'383;
      std::vector<RespValue> listed = {NodeReply(
          {.id = IdOf(shard.primary), .at = nodes_.endpoint(shard.primary)})};
      AddLine(node, shard.primary, "master", shard.epoch,
              absl::StrCat(shard.first_slot, "-", last_slot), lines);
      for (const size_t replica : shard.replicas) {
        listed.push_back(NodeReply({.id = IdOf(replica),
                                    .at = nodes_.endpoint(replica),
                                    .role = "replica"}));
        AddLine(node, replica, "slave", shard.epoch, "", lines);
      }
      shards.push_back(
          ShardReply({shard.first_slot, last_slot}, std::move(listed)));
    }
    nodes_.Answer(
        node, {{"CLUSTER SHARDS", ToText(RespValue::Array(std::move(shards)))},
               {"CLUSTER NODES", ToText(NodesReply(lines))},
               {"COMMAND", ToText(CommandReply())}});
  }

  // What `viewer` says of `node`: of itself, its migrations too.
  void AddLine(size_t viewer, size_t node, const std::string& role,
               int64_t epoch, std::string slots,
               std::vector<NodeLine>& lines) const {
    if (viewer == node && node == shards_[0].primary) {
      for (uint64_t slot = 0; slot < migrating_count_; ++slot) {
        absl::StrAppend(&slots, " [", slot, "->-",
                        NodeId(IdOf(shards_[2].primary)), "]");
      }
    }
    lines.push_back({.id = IdOf(node),
                     .flags = viewer == node ? "myself," + role : role,
                     .config_epoch = epoch,
                     .slots = std::move(slots)});
  }

  static std::string ToText(const RespValue& reply) {
    std::string text;
    AppendReply(reply, text);
    return text;
  }

  Random random_;
  FakeCluster nodes_{kNodeCount};
  std::array<FlappingShard, 3> shards_ = {
      FlappingShard{.primary = 0, .replicas = {3}, .first_slot = 0, .epoch = 1},
      FlappingShard{
          .primary = 1, .replicas = {4}, .first_slot = 5'461, .epoch = 2},
      FlappingShard{
          .primary = 2, .replicas = {}, .first_slot = 10'923, .epoch = 3}};
  int64_t last_epoch_ = 3;
  uint64_t migrating_count_ = 0;
  bool is_down_ = false;
  std::array<bool, kNodeCount> is_node_down_ = {};
};

// A stream whose client reads when it likes.
class SlowStream final : public TopologyWatch {
 public:
  explicit SlowStream(TopologyStore* store) : store_(store) {
    store_->Watch(this);
  }
  ~SlowStream() override {
    End();
    if (sending_ != nullptr) Read();
    EXPECT_TRUE(has_ended_);
    store_->Unwatch(this);
  }

  bool has_something_to_read() const { return sending_ != nullptr; }
  // What the client has seen last is newer than what it saw before.
  void Read() {
    EXPECT_GE(sending_->confirm_time, last_read_);
    last_read_ = sending_->confirm_time;
    sending_ = nullptr;
    OnSent();
  }

 private:
  void StartSend(std::shared_ptr<const ClusterSnapshot> snapshot) override {
    sending_ = std::move(snapshot);
  }
  void OnEnded() override { has_ended_ = true; }

  TopologyStore* const store_;
  std::shared_ptr<const ClusterSnapshot> sending_;
  absl::Time last_read_ = absl::InfinitePast();
  bool has_ended_ = false;
};

struct Counts {
  int successes = 0;
  int failures = 0;
  int changes = 0;
};

class CountingObserver final : public RefreshObserver {
 public:
  void OnRefreshSucceeded(const RefreshReport& report) override {
    ++counts.successes;
    if (report.has_new_topology) ++counts.changes;
  }
  void OnRefreshFailed(const absl::Status& /*status*/,
                       absl::Duration /*duration*/) override {
    ++counts.failures;
  }

  Counts counts;
};

// What the process holds.
struct Holdings {
  size_t heap_bytes;  // 0 under sanitizers, which bring an allocator.
  std::ptrdiff_t files;
  std::ptrdiff_t threads;
};

Holdings HoldingsNow() {
  const auto count = [](const char* folder) {
    return std::distance(std::filesystem::directory_iterator(folder), {});
  };
  const struct mallinfo2 heap = mallinfo2();
  return {.heap_bytes = heap.uordblks + heap.hblkhd,
          .files = count("/proc/self/fd"),
          .threads = count("/proc/self/task")};
}

// The cluster, all that follows it, and the time of day.
class Day {
 public:
  explicit Day(uint64_t seed) : random_(seed), cluster_(seed + 1) {}

  void FlapUntil(absl::Duration time_of_day) {
    while (now_ < absl::UnixEpoch() + time_of_day) {
      cluster_.Flap();
      const RefreshPause pause = Refresh();
      const bool was_asked = Ask();
      now_ += was_asked ? pause.at_least : pause.at_most;
      MoveStreams();
    }
  }

  // Nobody watches, nobody waits, and the cluster is whole.
  void ComeToRest() {
    streams_.clear();
    cluster_.BeWhole();
    Refresh();
    EXPECT_EQ(store_.Current()->agreeing_node_count,
              FlappingCluster::kNodeCount);
    EXPECT_EQ(store_.watcher_count(), 0u);
    EXPECT_EQ(called_back_, wanted_back_);
    cluster_.WaitUntilEachNodeHasOneClient();
  }

  const Counts& counts() const { return observer_.counts; }
  int called_back() const { return called_back_; }
  int reads() const { return reads_; }

 private:
  RefreshPause Refresh() {
    const absl::Time start = absl::Now();
    requests_.BeginRefresh();
    const RefreshPause pause = cycle_.Run(now_);
    requests_.EndRefresh();
    // The cycle adds what a read really took, which is much on a busy machine.
    now_ += absl::Milliseconds(10) + (absl::Now() - start);
    return pause;
  }

  // Whether anybody asked for a refresh.
  bool Ask() {
    if (!OneIn(4, random_)) return false;
    for (uint64_t i = random_() % 100; i > 0; --i) {
      ++wanted_back_;
      requests_.Request([this] { ++called_back_; });
      requests_.Request();
    }
    return true;
  }

  // Some streams come, some go, some clients read.
  void MoveStreams() {
    for (uint64_t i = random_() % 4; i > 0 && streams_.size() < 100; --i) {
      streams_.push_back(std::make_unique<SlowStream>(&store_));
    }
    std::erase_if(streams_, [&](const auto&) { return OneIn(50, random_); });
    for (const auto& stream : streams_) {
      if (stream->has_something_to_read() && OneIn(5, random_)) {
        stream->Read();
        ++reads_;
      }
    }
  }

  Random random_;
  absl::Time now_ = absl::UnixEpoch();
  FlappingCluster cluster_;
  RedisSource source_{cluster_.source_spec()};
  TopologyStore store_;
  RefreshRequests requests_;
  CountingObserver observer_;
  RefreshCycle cycle_{
      &source_, &store_, &observer_, {.interval = absl::Seconds(30)}, 1};
  std::vector<std::unique_ptr<SlowStream>> streams_;
  int wanted_back_ = 0;
  int called_back_ = 0;
  int reads_ = 0;
};

TEST(TopologyFlappingTest, ADayOfFlappingLeavesNothingBehind) {
  Day day(RandomSeed());
  day.FlapUntil(absl::Hours(2));
  day.ComeToRest();
  const Holdings after_2_hours = HoldingsNow();
  day.FlapUntil(absl::Hours(24));
  day.ComeToRest();
  const Holdings after_24_hours = HoldingsNow();

  // The allocator's caches and the last sizes of buffers are seen to make up to
  // 50 KiB. The smallest piece of memory, 32 bytes, lost at each refresh would
  // be 170 KiB.
  constexpr size_t kSlack = size_t{128} << 10;
  EXPECT_LE(after_24_hours.heap_bytes, after_2_hours.heap_bytes + kSlack);
  EXPECT_EQ(after_24_hours.files, after_2_hours.files);
  EXPECT_EQ(after_24_hours.threads, after_2_hours.threads);

  // A day in which little happened would prove nothing.
  EXPECT_GT(day.counts().successes, 5'000);
  EXPECT_GT(day.counts().failures, 100);
  EXPECT_GT(day.counts().changes, 500);
  EXPECT_GT(day.called_back(), 5'000);
  EXPECT_GT(day.reads(), 5'000);
  std::cout << "refreshes " << day.counts().successes << " good, "
            << day.counts().failures << " bad; changes " << day.counts().changes
            << "; called back " << day.called_back() << "; topologies sent "
            << day.reads() << "; heap after 2 h " << after_2_hours.heap_bytes
            << " bytes, after 24 h " << after_24_hours.heap_bytes << std::endl;
}

}  // namespace
}  // namespace slotplanner
