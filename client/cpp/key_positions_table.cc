// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/key_positions_table.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

// A command of whose arguments some are to travel: at first none does.
class Masked {
 public:
  explicit Masked(const v1::Command& command) : command_(command) {
    out_.mutable_args()->Reserve(command.args_size());
    for (int i = 0; i < command.args_size(); ++i) out_.add_args();
  }

  int size() const { return command_.args_size(); }

  // `index` may be outside of the command.
  void Show(int64_t index) {
    if (index < 0 || index >= size()) return;
    out_.set_args(static_cast<int>(index),
                  command_.args(static_cast<int>(index)));
  }
  void ShowFrom(int64_t first, int64_t last, int64_t step) {
    last = std::min<int64_t>(last, size() - 1);
    for (int64_t i = std::max<int64_t>(first, 0); i <= last; i += step) Show(i);
  }

  v1::Command Take() && { return std::move(out_); }

 private:
  const v1::Command& command_;
  v1::Command out_;
};

// A number of keys as the planner reads it; no more than nine digits.
std::optional<int64_t> ParseKeyCount(std::string_view text) {
  int64_t count = 0;
  const bool is_count =
      !text.empty() && text.size() <= 9 &&
      std::all_of(text.begin(), text.end(),
                  [](unsigned char c) { return absl::ascii_isdigit(c); }) &&
      (text.size() == 1 || text.front() != '0') &&
      absl::SimpleAtoi(ToAbsl(text), &count);
  return is_count ? std::optional(count) : std::nullopt;
}

void ShowRange(const v1::KeyRange& range, const v1::Command& command,
               Masked& out) {
  const int64_t size = command.args_size();
  const int64_t first = range.first();
  const int64_t step = std::max(range.step(), 1);
  int64_t behind = first;  // Behind the keys and what belongs to them.
  if (range.count_index() != 0) {
    if (range.count_index() < 0 || range.count_index() >= size) return;
    out.Show(range.count_index());
    const auto count = ParseKeyCount(command.args(range.count_index()));
    if (!count) return;
    behind = first + *count * step;
    if (*count > 0 && behind > size) return;
    out.ShowFrom(first, behind - 1, step);
  } else {
    const int64_t last =
        range.last() < 0 ? size + range.last() : int64_t{range.last()};
    if (last >= first) {
      behind = first + ((last - first) / step + 1) * step;
      out.ShowFrom(first, last, step);
    }
  }
  if (range.reads_behind()) out.ShowFrom(behind, size - 1, 1);
}

// All arguments but those behind the words of `hidden`.
v1::Command WithoutHidden(const v1::KeyPositions& positions,
                          const v1::Command& command) {
  v1::Command out = command;
  for (int i = 1; i < command.args_size(); ++i) {
    const auto& hidden = positions.hidden();
    const auto found = std::find_if(
        hidden.begin(), hidden.end(), [&](const v1::HiddenArguments& h) {
          return i >= h.first() &&
                 absl::EqualsIgnoreCase(command.args(i), h.word());
        });
    if (found == hidden.end()) continue;
    if (found->count() == 0) break;
    for (int n = 0; n < found->count() && i + 1 < command.args_size(); ++n) {
      out.mutable_args(++i)->clear();
    }
  }
  return out;
}

}  // namespace

KeyPositionsTable::KeyPositionsTable(
    const v1::GetKeyPositionsResponse& positions) {
  for (const v1::KeyPositions& each : positions.commands()) {
    max_name_bytes_ = std::max(max_name_bytes_, each.command().size());
    positions_.insert_or_assign(each.command(), each);
  }
}

const v1::KeyPositions* KeyPositionsTable::FindName(
    std::string_view container, std::string_view name) const {
  if (container.size() + 1 + name.size() > max_name_bytes_ + 1) return nullptr;
  const auto found = positions_.find(absl::AsciiStrToLower(absl::StrCat(
      ToAbsl(container), container.empty() ? "" : "|", ToAbsl(name))));
  return found == positions_.end() ? nullptr : &found->second;
}

KeyPositionsTable::Entries KeyPositionsTable::Find(
    const v1::Command& command) const {
  Entries entries = {nullptr, nullptr};
  if (command.args_size() == 0 || absl::StrContains(command.args(0), '|')) {
    return entries;
  }
  entries.command = FindName("", command.args(0));
  if (entries.command != nullptr && entries.command->is_container() &&
      command.args_size() > 1) {
    entries.subcommand = FindName(command.args(0), command.args(1));
  }
  return entries;
}

bool KeyPositionsTable::Lists(const v1::Command& command) const {
  if (command.args_size() == 0) return true;
  const Entries entries = Find(command);
  if (entries.command == nullptr) return false;
  return entries.subcommand != nullptr || !entries.command->is_container() ||
         command.args_size() == 1;
}

v1::Command KeyPositionsTable::WithoutValues(const v1::Command& command) const {
  const Entries entries = Find(command);
  const v1::KeyPositions* positions = entries.command;
  if (positions != nullptr && positions->is_container()) {
    positions = entries.subcommand;
  }
  if (positions != nullptr && positions->reads_all()) {
    return WithoutHidden(*positions, command);
  }
  Masked out(command);
  out.Show(0);
  if (entries.command != nullptr && entries.command->is_container()) {
    out.Show(1);
  }
  if (positions != nullptr) {
    for (const v1::KeyRange& range : positions->ranges()) {
      ShowRange(range, command, out);
    }
  }
  return std::move(out).Take();
}

v1::PlanBatchRequest KeyPositionsTable::WithoutValues(
    const v1::PlanBatchRequest& request) const {
  // Field by field: a copy of the whole would copy all values first.
  v1::PlanBatchRequest out;
  out.set_cluster(request.cluster());
  out.set_read_preference(request.read_preference());
  out.set_client_zone(request.client_zone());
  out.set_split_policy(request.split_policy());
  out.set_outdated_topology_version(request.outdated_topology_version());
  if (request.has_what_if()) *out.mutable_what_if() = request.what_if();
  out.mutable_commands()->Reserve(request.commands_size());
  for (const v1::Command& command : request.commands()) {
    *out.add_commands() = WithoutValues(command);
  }
  return out;
}

}  // namespace slotplanner
