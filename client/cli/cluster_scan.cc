// SPDX-License-Identifier: Apache-2.0
#include "client/cli/cluster_scan.h"

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <memory>
#include <optional>
#include <utility>

#include <poll.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/scan_rate.h"
#include "service/resp/resp_connection.h"
#include "service/resp/resp_endpoint.h"
#include "service/slots/hash_slot.h"
#include "service/slots/key_pattern.h"

namespace slotplanner::cli {
namespace {

// How long a wait may be: an interruption shows no later, and progress moves.
constexpr absl::Duration kTick = absl::Milliseconds(100);

// How often a node is asked which slots it has.
constexpr absl::Duration kSlotsInterval = absl::Seconds(1);

// Where the keys of a shard can be read.
struct Source {
  RespEndpoint endpoint;
  bool is_replica;
};

// The scan of one shard.
struct ShardScan {
  int shard_index = 0;
  std::vector<Source> sources;  // Best first; not empty.
  size_t source = 0;            // Index of the one in use.
  std::unique_ptr<NodeScan> node;
  absl::Time slots_asked_at = absl::InfinitePast();
};

std::vector<Source> SourcesOf(const Shard& shard,
                              const ClusterScanOptions& options) {
  std::vector<Source> sources;
  const auto add = [&](const Node& node, bool is_replica) {
    sources.push_back({.endpoint = options.address_map.Map(
                           {.host = node.host, .port = node.port}),
                       .is_replica = is_replica});
  };
  if (options.from_replicas) {
    for (const Node& replica : shard.replicas) add(replica, true);
  }
  add(shard.primary, false);
  return sources;
}

// Sleeps; a signal ends it.
void SleepUntil(absl::Time wake) {
  const timespec duration =
      absl::ToTimespec(std::max(wake - absl::Now(), absl::ZeroDuration()));
  ppoll(nullptr, 0, &duration, nullptr);
}

class ClusterScan {
 public:
  ClusterScan(const ClusterTopology& topology,
              const ClusterScanOptions& options, NodeConnections& connections,
              SlotWatch& watch,
              absl::FunctionRef<void(std::string_view, int64_t)> add)
      : topology_(topology),
        options_(options),
        connections_(connections),
        watch_(watch),
        add_(add),
        began_at_(absl::Now()),
        rate_(options.keys_per_second, static_cast<double>(options.nodes.count),
              began_at_) {
    const auto only_slot = SlotOfPattern(options.nodes.match);
    const bool has_one = !options.nodes.match.empty() && only_slot.has_value();
    for (size_t i = 0; i < topology.shards().size(); ++i) {
      const int index = static_cast<int>(i);
      const Shard& shard = topology.shards()[i];
      if (shard.slot_ranges.empty()) continue;
      if (has_one && topology.ShardIndexOf(*only_slot) != index) continue;
      ShardScan& scan = shards_.emplace_back();
      scan.shard_index = index;
      scan.sources = SourcesOf(shard, options);
      scan.node = NewScan(index);
    }
  }

  ClusterScanResult Run(absl::FunctionRef<bool(const ScanProgress&)> go_on) {
    while (true) {
      absl::Time wake = absl::Now() + kTick;
      if (!StepAll(wake)) break;
      if (!go_on(Progress())) {
        result_.was_stopped = true;
        break;
      }
      Wait(wake);
    }
    result_.progress = Progress();
    result_.node_count = static_cast<int>(shards_.size());
    for (const ShardScan& shard : shards_) {
      if (shard.node->state() != NodeScan::State::kFailed) continue;
      result_.incomplete_shards.push_back(
          {.address = ToString(shard.sources[shard.source].endpoint),
           .reason = std::string(shard.node->failure().message())});
    }
    return std::move(result_);
  }

 private:
  std::unique_ptr<NodeScan> NewScan(int shard_index) const {
    const auto index = static_cast<size_t>(shard_index);
    return std::make_unique<NodeScan>(topology_.shards()[index].primary.node_id,
                                      &options_.nodes);
  }

  // Goes on with each shard that does not wait for replies, in turns, so that
  // none takes all pages when they are few. Sets `wake` to when the next one
  // can go on. False when none is left.
  bool StepAll(absl::Time& wake) {
    bool is_any_left = false;
    const size_t first = next_turn_;
    for (size_t i = 0; i < shards_.size(); ++i) {
      const size_t index = (first + i) % shards_.size();
      Step(shards_[index], index, wake);
      const NodeScan::State state = shards_[index].node->state();
      is_any_left = is_any_left || (state != NodeScan::State::kDone &&
                                    state != NodeScan::State::kFailed);
    }
    return is_any_left;
  }

  void Step(ShardScan& shard, size_t index, absl::Time& wake) {
    const absl::Time now = absl::Now();
    NodeScan& node = *shard.node;
    switch (node.state()) {
      case NodeScan::State::kDisconnected:
        if (now >= node.deadline()) {
          Connect(shard, now);
          wake = now;
        } else {
          wake = std::min(wake, node.deadline());
        }
        break;
      case NodeScan::State::kWaiting:
        if (now >= node.deadline()) {
          node.Break(
              absl::DeadlineExceededError(absl::StrCat(
                  "Node ", ToString(shard.sources[shard.source].endpoint),
                  ": no answer in time.")),
              now);
          wake = now;
        } else {
          wake = std::min(wake, node.deadline());
        }
        break;
      case NodeScan::State::kReady:
        if (const absl::Duration wait = rate_.TakePage(now);
            wait > absl::ZeroDuration()) {
          wake = std::min(wake, now + wait);
        } else {
          AskForPage(shard, now);
          next_turn_ = (index + 1) % shards_.size();
        }
        break;
      case NodeScan::State::kFailed:
        if (!node.has_begun() && shard.source + 1 < shard.sources.size()) {
          ++shard.source;
          shard.node = NewScan(shard.shard_index);
          wake = now;
        }
        break;
      case NodeScan::State::kDone:
        break;
    }
  }

  void Connect(ShardScan& shard, absl::Time now) {
    const Source& source = shard.sources[shard.source];
    auto connection = connections_.Take(source.endpoint, source.is_replica,
                                        now + NodeScan::kCallTimeout);
    if (connection.ok()) {
      shard.node->Connect(*std::move(connection), now);
      shard.slots_asked_at = now;
    } else {
      shard.node->Break(connection.status(), now);
    }
  }

  static void AskForPage(ShardScan& shard, absl::Time now) {
    const bool with_slots = now - shard.slots_asked_at >= kSlotsInterval;
    if (with_slots) shard.slots_asked_at = now;
    shard.node->AskForPage(with_slots, now);
  }

  void Wait(absl::Time wake) {
    std::vector<RespConnection*> waiting;
    std::vector<ShardScan*> shards;
    for (ShardScan& shard : shards_) {
      if (shard.node->state() != NodeScan::State::kWaiting) continue;
      waiting.push_back(shard.node->connection());
      shards.push_back(&shard);
    }
    if (waiting.empty()) {
      SleepUntil(wake);
      return;
    }
    const auto pumped = PollConnections(waiting, wake);
    if (!pumped.ok()) return;  // `wake` has come.
    for (size_t i = 0; i < shards.size(); ++i) {
      shards[i]->node->Advance((*pumped)[i], absl::Now());
      Take(*shards[i]);
    }
  }

  void Take(ShardScan& shard) {
    if (const auto slots = shard.node->TakeSlots()) {
      watch_.SeeShard(shard.shard_index, *slots);
    }
    watch_.SeeMigrations(shard.node->TakeMigrations());
    const auto page = shard.node->TakePage();
    if (!page) return;
    result_.unweighed_keys += page->unweighed;
    for (size_t i = 0; i < page->keys.size(); ++i) {
      const std::string& key = page->keys[i];
      if (topology_.ShardIndexOf(HashSlot::OfKey(key)) != shard.shard_index) {
        ++result_.foreign_keys;
        continue;
      }
      ++found_;
      add_(key, page->weights.empty() ? 1 : page->weights[i]);
    }
  }

  ScanProgress Progress() const {
    ScanProgress progress{.found = found_, .elapsed = absl::Now() - began_at_};
    for (const ShardScan& shard : shards_) {
      progress.looked_at += shard.node->looked_at();
      progress.key_count += shard.node->key_count();
    }
    return progress;
  }

  const ClusterTopology& topology_;
  const ClusterScanOptions& options_;
  NodeConnections& connections_;
  SlotWatch& watch_;
  const absl::FunctionRef<void(std::string_view, int64_t)> add_;
  const absl::Time began_at_;
  ScanRate rate_;
  std::vector<ShardScan> shards_;
  size_t next_turn_ = 0;  // Index of the shard that may go on first.
  int64_t found_ = 0;
  ClusterScanResult result_;
};

}  // namespace

ClusterScanResult ScanCluster(
    const ClusterTopology& topology, const ClusterScanOptions& options,
    NodeConnections& connections, SlotWatch& watch,
    absl::FunctionRef<void(std::string_view key, int64_t weight)> add,
    absl::FunctionRef<bool(const ScanProgress& progress)> go_on) {
  return ClusterScan(topology, options, connections, watch, add).Run(go_on);
}

}  // namespace slotplanner::cli
