// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/deliveries.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

bool IsNamed(const PlannedPart& part, std::string_view name) {
  return absl::EqualsIgnoreCase(ToAbsl(part.args[0]), ToAbsl(name));
}

bool EndsTransaction(const PlannedPart& part) {
  return IsNamed(part, "EXEC") || IsNamed(part, "DISCARD");
}

absl::Status NotWhole(const PlannedPart& part) {
  return absl::InvalidArgumentError(
      absl::StrCat("The plan is not one of these commands: a transaction is "
                   "not in one piece (command ",
                   part.command_index, ")."));
}

// Reads the parts in their order.
class Grouping {
 public:
  absl::StatusOr<Deliveries> Group(
      const std::vector<std::vector<PlannedPart>>& stages) && {
    for (const std::vector<PlannedPart>& parts : stages) {
      grouped_.stages.emplace_back();
      for (size_t i = 0; i < parts.size();) {
        const size_t end = EndOfStep(parts, i);
        if (end == i) return NotWhole(parts[i]);
        Add(parts, i, end);
        i = end;
      }
    }
    for (const auto& [node, watches] : watches_) {
      for (const Watch& watch : watches) KeepAlone(watch);
    }
    return std::move(grouped_);
  }

 private:
  // A WATCH whose transaction has not come yet.
  struct Watch {
    const PlannedPart* part;
    size_t stage;
    size_t step;  // Its place in the stage, kept for it.
  };

  // Where what begins at `begin` ends: behind the part itself, or behind the
  // EXEC of a MULTI. `begin` itself when there is no such EXEC.
  static size_t EndOfStep(const std::vector<PlannedPart>& parts, size_t begin) {
    if (EndsTransaction(parts[begin])) return begin;
    if (!IsNamed(parts[begin], "MULTI")) return begin + 1;
    for (size_t i = begin + 1; i < parts.size(); ++i) {
      if (parts[i].endpoint != parts[begin].endpoint) break;
      if (EndsTransaction(parts[i])) return i + 1;
    }
    return begin;
  }

  void Add(const std::vector<PlannedPart>& parts, size_t begin, size_t end) {
    const PlannedPart& first = parts[begin];
    std::vector<Watch>& watches = watches_[ToString(first.endpoint)];
    if (IsNamed(first, "WATCH")) {
      watches.push_back({.part = &first,
                         .stage = grouped_.stages.size() - 1,
                         .step = grouped_.stages.back().size()});
      grouped_.stages.back().emplace_back();
      return;
    }
    Delivery delivery{.kind = Delivery::Kind::kCommand, .parts = {}};
    if (IsNamed(first, "UNWATCH")) {
      delivery.kind = Delivery::Kind::kUnwatch;
      for (const Watch& watch : watches) KeepAlone(watch);
      watches.clear();
    } else if (end > begin + 1) {
      delivery.kind = Delivery::Kind::kTransaction;
      delivery.watch_count = watches.size();
      for (size_t i = 0; i < watches.size(); ++i) {
        delivery.parts.push_back(watches[i].part);
        StepOf(watches[i]) = {
            .delivery = grouped_.deliveries.size(), .first = i, .end = i + 1};
      }
      watches.clear();
    }
    for (size_t i = begin; i < end; ++i) delivery.parts.push_back(&parts[i]);
    grouped_.stages.back().push_back({.delivery = grouped_.deliveries.size(),
                                      .first = delivery.watch_count,
                                      .end = delivery.parts.size()});
    grouped_.deliveries.push_back(std::move(delivery));
  }

  void KeepAlone(const Watch& watch) {
    StepOf(watch) = {
        .delivery = grouped_.deliveries.size(), .first = 0, .end = 1};
    grouped_.deliveries.push_back(
        {.kind = Delivery::Kind::kWatch, .parts = {watch.part}});
  }

  DeliveryStep& StepOf(const Watch& watch) {
    return grouped_.stages[watch.stage][watch.step];
  }

  Deliveries grouped_;
  std::map<std::string, std::vector<Watch>> watches_;  // By endpoint.
};

}  // namespace

std::optional<int> Delivery::Slot() const {
  for (const PlannedPart* part : parts) {
    if (part->slot) return part->slot;
  }
  return std::nullopt;
}

absl::StatusOr<Deliveries> GroupIntoDeliveries(
    const std::vector<std::vector<PlannedPart>>& stages) {
  return Grouping().Group(stages);
}

}  // namespace slotplanner
