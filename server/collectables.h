// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iterator>
#include <utility>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

namespace slotplanner {

// Several sources of metrics as one. They outlive it, and no two have a family
// of the same name. Thread-safe if they are.
class Collectables final : public prometheus::Collectable {
 public:
  explicit Collectables(std::vector<const prometheus::Collectable*> parts)
      : parts_(std::move(parts)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<prometheus::MetricFamily> all;
    for (const prometheus::Collectable* part : parts_) {
      std::vector<prometheus::MetricFamily> families = part->Collect();
      all.insert(all.end(), std::make_move_iterator(families.begin()),
                 std::make_move_iterator(families.end()));
    }
    return all;
  }

 private:
  const std::vector<const prometheus::Collectable*> parts_;
};

}  // namespace slotplanner
