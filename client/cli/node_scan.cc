// SPDX-License-Identifier: Apache-2.0
#include "client/cli/node_scan.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/cli/analysis_input.h"
#include "service/base/strings.h"
#include "service/resp/redirection.h"
#include "service/resp/resp_endpoint.h"
#include "service/topology/cluster_nodes_reply.h"

namespace slotplanner::cli {
namespace {

// The first word of an error: its text may quote what was sent.
std::string_view CodeOf(const RespValue& error) {
  const std::string_view text = error.text;
  const std::string_view code = text.substr(0, text.find(' '));
  const bool is_code =
      !code.empty() && code.size() <= 32 &&
      std::all_of(code.begin(), code.end(), [](char c) {
        return absl::ascii_isupper(static_cast<unsigned char>(c));
      });
  return is_code ? code : "an error";
}

absl::Status Refused(const RespConnection& connection, std::string_view command,
                     const RespValue& error) {
  return absl::FailedPreconditionError(
      absl::StrCat("Node ", ToString(connection.endpoint()), ": it refuses ",
                   ToAbsl(command), " with ", ToAbsl(CodeOf(error)), "."));
}

absl::Status Unexpected(const RespConnection& connection,
                        std::string_view command) {
  return absl::InvalidArgumentError(
      absl::StrCat("Node ", ToString(connection.endpoint()), ": its reply to ",
                   ToAbsl(command), " is none."));
}

// The ranges in a reply to CLUSTER SLOTS whose primary is that node. Endpoints
// are not looked at, so that a node without a known one counts too. Nothing if
// it is no such reply.
std::optional<std::vector<SlotRange>> SlotsOf(std::string_view primary_id,
                                              const RespValue& reply) {
  if (!reply.is_array()) return std::nullopt;
  std::vector<SlotRange> ranges;
  for (const RespValue& entry : reply.elements) {
    if (entry.elements.size() < 3 || entry.elements[2].elements.size() < 3) {
      return std::nullopt;
    }
    const auto first = HashSlot::FromNumber(entry.elements[0].integer);
    const auto last = HashSlot::FromNumber(entry.elements[1].integer);
    if (!first || !last || *last < *first) return std::nullopt;
    if (entry.elements[2].elements[2].text == primary_id) {
      ranges.push_back({*first, *last});
    }
  }
  return ranges;
}

}  // namespace

int64_t NodeScan::looked_at() const {
  if (state_ == State::kDone) return key_count_;
  return std::min(key_count_, std::max(pages_ * options_->count, keys_before_));
}

void NodeScan::Connect(std::unique_ptr<RespConnection> connection,
                       absl::Time now) {
  connection_ = std::move(connection);
  unanswered_.clear();
  static constexpr std::string_view kDbSize[] = {"DBSIZE"};
  static constexpr std::string_view kInfo[] = {"INFO", "server"};
  connection_->Send(kDbSize);
  connection_->Send(kInfo);
  unanswered_ = {Request::kDbSize, Request::kInfo};
  AskForSlots();
  Begin(Stage::kGreeting, now);
}

void NodeScan::AskForPage(bool with_slots, absl::Time now) {
  if (with_slots) AskForSlots();
  const std::string count = absl::StrCat(options_->count);
  std::vector<std::string_view> args = {"SCAN", cursor_};
  if (!options_->match.empty()) {
    args.insert(args.end(), {"MATCH", options_->match});
  }
  args.insert(args.end(), {"COUNT", count});
  connection_->Send(args);
  unanswered_.push_back(Request::kScan);
  Begin(Stage::kPage, now);
}

void NodeScan::Begin(Stage stage, absl::Time now) {
  stage_ = stage;
  state_ = State::kWaiting;
  deadline_ = now + kCallTimeout;
}

void NodeScan::AskForSlots() {
  static constexpr std::string_view kSlots[] = {"CLUSTER", "SLOTS"};
  static constexpr std::string_view kNodes[] = {"CLUSTER", "NODES"};
  connection_->Send(kSlots);
  connection_->Send(kNodes);
  unanswered_.push_back(Request::kSlots);
  unanswered_.push_back(Request::kNodes);
}

void NodeScan::AskForMemory() {
  page_.weights.assign(page_.keys.size(), 0);
  page_.unweighed = 0;
  const auto every = static_cast<size_t>(options_->memory_every);
  // One in `every` of all keys, whatever the sizes of the pages.
  const size_t first =
      (every - static_cast<size_t>(keys_before_) % every) % every;
  next_weighed_ = first;
  for (size_t i = first; i < page_.keys.size(); i += every) {
    const std::array<std::string_view, 5> args = {
        "MEMORY", "USAGE", page_.keys[i], "SAMPLES", "5"};
    connection_->Send(args);
    unanswered_.push_back(Request::kMemory);
  }
}

void NodeScan::Advance(const absl::Status& pumped, absl::Time now) {
  while (connection_->has_reply() && !unanswered_.empty()) {
    const Request request = unanswered_.front();
    unanswered_.pop_front();
    const absl::Status taken = TakeReply(request, connection_->TakeReply());
    if (state_ == State::kFailed) return;
    if (!taken.ok()) {
      Break(taken, now);
      return;
    }
  }
  if (unanswered_.empty()) {
    EndStage(now);
  } else if (!pumped.ok()) {
    Break(pumped, now);
  }
}

void NodeScan::Break(const absl::Status& status, absl::Time now) {
  connection_.reset();
  unanswered_.clear();
  if (stage_ == Stage::kFarewell) {  // All keys are there.
    state_ = State::kDone;
    return;
  }
  if (++tries_ == kMaxTries) {
    Fail(status);
    return;
  }
  state_ = State::kDisconnected;
  deadline_ = now + kFirstDelay * (1 << (tries_ - 1));
}

void NodeScan::Fail(absl::Status status) {
  connection_.reset();
  unanswered_.clear();
  state_ = State::kFailed;
  failure_ = std::move(status);
}

absl::Status NodeScan::TakeReply(Request request, RespValue reply) {
  switch (request) {
    case Request::kDbSize:
      if (reply.is_integer()) key_count_ = reply.integer;
      return absl::OkStatus();
    case Request::kInfo:
      return TakeInfo(reply);
    case Request::kSlots:
      if (auto ranges = SlotsOf(primary_id_, reply)) slots_ = std::move(ranges);
      return absl::OkStatus();
    case Request::kNodes:
      // A node that hides it hides what it moves, too.
      if (auto nodes = ParseClusterNodesReply(reply); nodes.ok()) {
        migrations_.insert(migrations_.end(), nodes->migrations.begin(),
                           nodes->migrations.end());
      }
      return absl::OkStatus();
    case Request::kScan:
      return TakeScanReply(std::move(reply));
    case Request::kMemory:
      TakeMemoryReply(reply);
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status NodeScan::TakeInfo(const RespValue& reply) {
  static constexpr std::string_view kName = "run_id:";
  if (!reply.is_text()) return absl::OkStatus();  // It may be forbidden.
  const std::string_view text = reply.text;
  const size_t at = text.find(kName);
  if (at == std::string_view::npos) return absl::OkStatus();
  const std::string_view value = text.substr(at + kName.size());
  const std::string run_id(value.substr(0, value.find('\r')));
  if (has_begun_ && !run_id_.empty() && run_id != run_id_) {
    Fail(absl::AbortedError(
        absl::StrCat("Node ", ToString(connection_->endpoint()),
                     ": it was restarted during the scan.")));
    return failure_;
  }
  run_id_ = run_id;
  return absl::OkStatus();
}

absl::Status NodeScan::TakeScanReply(RespValue reply) {
  if (reply.is_error()) {
    absl::Status refused = Refused(*connection_, "SCAN", reply);
    const bool is_later = MeansTryLater(reply.text) || CodeOf(reply) == "BUSY";
    if (!is_later) Fail(refused);
    return refused;
  }
  const bool is_page = reply.is_array() && reply.elements.size() == 2 &&
                       reply.elements[0].is_text() &&
                       reply.elements[1].is_array();
  uint64_t cursor = 0;
  if (!is_page || !absl::SimpleAtoi(reply.elements[0].text, &cursor)) {
    Fail(Unexpected(*connection_, "SCAN"));
    return failure_;
  }
  next_cursor_ = std::move(reply.elements[0].text);
  page_ = {};
  page_.keys.reserve(reply.elements[1].elements.size());
  for (RespValue& key : reply.elements[1].elements) {
    page_.keys.push_back(std::move(key.text));
  }
  return absl::OkStatus();
}

void NodeScan::TakeMemoryReply(const RespValue& reply) {
  if (reply.is_integer() && reply.integer >= 0) {
    // A key of 2^40 bytes or more is none; the limit keeps sums in range.
    const int64_t bytes = std::min(reply.integer, kMaxKeyWeight);
    page_.weights[next_weighed_] =
        std::min(bytes * options_->memory_every, kMaxKeyWeight);
  } else if (reply.is_error()) {
    ++page_.unweighed;
    if (CodeOf(reply) == "NOPERM" && state_ != State::kFailed) {
      Fail(Refused(*connection_, "MEMORY", reply));
      return;
    }
  }
  next_weighed_ += static_cast<size_t>(options_->memory_every);
}

void NodeScan::EndStage(absl::Time now) {
  switch (stage_) {
    case Stage::kGreeting:
      if (!has_keys_) {
        state_ = State::kReady;
        return;
      }
      AskForMemory();
      Begin(Stage::kMemory, now);
      return;
    case Stage::kPage:
      if (options_->with_memory) {
        has_keys_ = true;
        AskForMemory();
        if (!unanswered_.empty()) {
          Begin(Stage::kMemory, now);
          return;
        }
      }
      EndPage(now);
      return;
    case Stage::kMemory:
      EndPage(now);
      return;
    case Stage::kFarewell:
      state_ = State::kDone;
      connection_.reset();
      return;
  }
}

void NodeScan::EndPage(absl::Time now) {
  tries_ = 0;
  has_begun_ = true;
  has_keys_ = false;
  ++pages_;
  keys_before_ += static_cast<int64_t>(page_.keys.size());
  cursor_ = std::exchange(next_cursor_, "");
  whole_page_ = std::exchange(page_, {});
  if (cursor_ != "0") {
    state_ = State::kReady;
    return;
  }
  AskForSlots();
  Begin(Stage::kFarewell, now);
}

std::optional<ScannedPage> NodeScan::TakePage() {
  return std::exchange(whole_page_, std::nullopt);
}

std::optional<std::vector<SlotRange>> NodeScan::TakeSlots() {
  return std::exchange(slots_, std::nullopt);
}

std::vector<SlotMigration> NodeScan::TakeMigrations() {
  return std::exchange(migrations_, {});
}

}  // namespace slotplanner::cli
