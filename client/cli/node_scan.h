// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/resp/resp_connection.h"
#include "service/resp/resp_value.h"
#include "service/slots/hash_slot.h"
#include "service/topology/cluster_topology.h"

namespace slotplanner::cli {

// What to ask each node of a scan for.
struct NodeScanOptions {
  std::string match = {};    // A glob pattern; empty means every key.
  int64_t count = 1000;      // How many keys a SCAN looks at, about.
  bool with_memory = false;  // MEMORY USAGE of
  int64_t memory_every = 1;  // one in so many keys.
};

// Keys that a node has found, all of one SCAN.
struct ScannedPage {
  std::vector<std::string> keys;
  // Parallel to `keys`; empty without memory. 0 for those that were not asked
  // for, or are gone; the others stand for `memory_every` keys each.
  std::vector<int64_t> weights;
  // Keys whose memory the node would not tell.
  int64_t unweighed = 0;
};

// The scan of one node over one connection after the other: SCAN holds no state
// on the node, so a cursor goes on where the last whole page ended. Only one
// thing breaks that: a node that was restarted orders its keys in another way.
//
// Does no input or output of its own: whoever drives it gives it connections,
// pumps them and tells the time. Not thread-safe.
class NodeScan {
 public:
  enum class State {
    kDisconnected,  // Wants a connection.
    kWaiting,       // For replies, until `deadline`.
    kReady,         // To be asked for a page.
    kDone,          // All pages are there.
    kFailed,        // It ends here; see `failure`.
  };

  // How long a node may take for one round of replies.
  static constexpr absl::Duration kCallTimeout = absl::Seconds(5);

  // How often in a row it may fail until it is given up, and what is waited
  // before the second try; twice that before the third, and so on: 0.7 s, in
  // which a node is restarted or a link comes back, beside four timeouts.
  static constexpr int kMaxTries = 4;
  static constexpr absl::Duration kFirstDelay = absl::Milliseconds(100);

  // `primary_id` is the node ID of the primary of its shard. `options` outlives
  // this.
  NodeScan(std::string primary_id, const NodeScanOptions* options)
      : primary_id_(std::move(primary_id)), options_(options) {}

  State state() const { return state_; }
  RespConnection* connection() const { return connection_.get(); }
  const absl::Status& failure() const { return failure_; }

  // When the wait is too long, if waiting; when to connect, if disconnected.
  absl::Time deadline() const { return deadline_; }

  // Whether a page has been taken: before that, another node of the shard may
  // as well do it.
  bool has_begun() const { return has_begun_; }

  // How many keys the node has; 0 while that is not known.
  int64_t key_count() const { return key_count_; }

  // About how many keys it has looked at, at most `key_count`.
  int64_t looked_at() const;

  // Requires: kDisconnected.
  void Connect(std::unique_ptr<RespConnection> connection, absl::Time now);

  // Asks for the next page, and before it, if wanted, for the slots that the
  // node has. Requires: kReady.
  void AskForPage(bool with_slots, absl::Time now);

  // Takes the replies that have come. `pumped` is what pumping the connection
  // returned. Requires: kWaiting.
  void Advance(const absl::Status& pumped, absl::Time now);

  // The connection is no good, or could not be made: wants another one later,
  // or gives up.
  void Break(const absl::Status& status, absl::Time now);

  // What has come since the last call, if something has.
  std::optional<ScannedPage> TakePage();
  std::optional<std::vector<SlotRange>> TakeSlots();
  std::vector<SlotMigration> TakeMigrations();

 private:
  enum class Request { kDbSize, kInfo, kSlots, kNodes, kScan, kMemory };
  enum class Stage { kGreeting, kPage, kMemory, kFarewell };

  void Begin(Stage stage, absl::Time now);
  void AskForSlots();
  void AskForMemory();
  // An error is transient, unless it made the scan fail for good.
  absl::Status TakeReply(Request request, RespValue reply);
  absl::Status TakeScanReply(RespValue reply);
  absl::Status TakeInfo(const RespValue& reply);
  void TakeMemoryReply(const RespValue& reply);
  void EndStage(absl::Time now);
  void EndPage(absl::Time now);
  void Fail(absl::Status status);

  const std::string primary_id_;
  const NodeScanOptions* const options_;
  State state_ = State::kDisconnected;
  Stage stage_ = Stage::kGreeting;
  absl::Status failure_;
  absl::Time deadline_ = absl::InfinitePast();
  int tries_ = 0;  // That failed in a row.
  std::unique_ptr<RespConnection> connection_;
  std::deque<Request> unanswered_;  // In the order of their replies.

  std::string run_id_;  // Of the node's process; empty while it is not known.
  int64_t key_count_ = 0;
  int64_t pages_ = 0;
  bool has_begun_ = false;
  std::string cursor_ = "0";  // Of the next page.

  // The page that is being read.
  std::string next_cursor_;
  bool has_keys_ = false;  // Its keys are there, their memory is not.
  ScannedPage page_;
  int64_t keys_before_ = 0;  // Of all pages before it.
  size_t next_weighed_ = 0;  // Index of the key whose memory comes next.

  std::optional<ScannedPage> whole_page_;
  std::optional<std::vector<SlotRange>> slots_;
  std::vector<SlotMigration> migrations_;
};

}  // namespace slotplanner::cli
