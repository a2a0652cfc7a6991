// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/commands/command_catalog.h"
#include "service/topology/topology_source.h"

namespace slotplanner {

// Another source, with commands that the operator declared laid over each
// catalog that it gives; see `CommandCatalog::With`.
class DeclaredCommandsSource final : public TopologySource {
 public:
  // Requires: neither is null.
  DeclaredCommandsSource(std::unique_ptr<TopologySource> source,
                         std::shared_ptr<const CommandCatalog> declared);

  absl::StatusOr<ClusterReading> Read(absl::Time deadline) override;

 private:
  const std::unique_ptr<TopologySource> source_;
  const std::shared_ptr<const CommandCatalog> declared_;
  // The last catalog of `source_`, and what became of it. Null at first.
  std::shared_ptr<const CommandCatalog> given_;
  std::shared_ptr<const CommandCatalog> overlaid_;
};

}  // namespace slotplanner
