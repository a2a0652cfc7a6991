// SPDX-License-Identifier: Apache-2.0
#include "service/topology/declared_commands_source.h"

#include <memory>
#include <utility>

namespace slotplanner {

DeclaredCommandsSource::DeclaredCommandsSource(
    std::unique_ptr<TopologySource> source,
    std::shared_ptr<const CommandCatalog> declared)
    : source_(std::move(source)), declared_(std::move(declared)) {}

absl::StatusOr<ClusterReading> DeclaredCommandsSource::Read(
    absl::Time deadline) {
  absl::StatusOr<ClusterReading> reading = source_->Read(deadline);
  if (!reading.ok()) return reading;
  if (reading->catalog != given_) {
    given_ = std::move(reading->catalog);
    overlaid_ =
        std::make_shared<const CommandCatalog>(given_->With(*declared_));
  }
  reading->catalog = overlaid_;
  return reading;
}

}  // namespace slotplanner
