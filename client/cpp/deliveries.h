// SPDX-License-Identifier: Apache-2.0
// The parts of a plan, grouped into what cannot be sent by halves.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cpp/planned_parts.h"

namespace slotplanner {

// Parts that go over one connection, and are sent again together or not at all:
// one part, or a transaction with the WATCH commands before it (rule D3).
struct Delivery {
  enum class Kind {
    kCommand,      // One part.
    kWatch,        // One part, a WATCH that no transaction follows.
    kUnwatch,      // One part, an UNWATCH.
    kTransaction,  // The WATCH commands, if any; then MULTI to EXEC or DISCARD.
  };

  Kind kind;
  // In the order of the plan; never empty. The parts are not owned.
  std::vector<const PlannedPart*> parts;
  // How many of them, from the first, are the WATCH commands of a transaction.
  size_t watch_count = 0;

  // The slot of its keys, if it has any.
  std::optional<int> Slot() const;
};

// Parts [first, end) of a delivery: what the plan sends of it in one place. The
// WATCH commands of a transaction are steps of their own, because other
// commands may stand between them and MULTI.
struct DeliveryStep {
  size_t delivery;  // Index into Deliveries::deliveries.
  size_t first;
  size_t end;

  friend bool operator==(const DeliveryStep&, const DeliveryStep&) = default;
};

struct Deliveries {
  std::vector<Delivery> deliveries;
  // The steps of each stage, in the order in which they must be sent.
  std::vector<std::vector<DeliveryStep>> stages;
};

// Groups the parts of a plan, which `ResolvePlan` gave and which must outlive
// the result. INVALID_ARGUMENT when a transaction is not one contiguous piece
// of one pipeline, so that no connection is ever left inside of one.
absl::StatusOr<Deliveries> GroupIntoDeliveries(
    const std::vector<std::vector<PlannedPart>>& stages);

}  // namespace slotplanner
