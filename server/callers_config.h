// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/repeated_ptr_field.h>

#include "slotplanner/config/v1/server_config.pb.h"

#include "server/declared_commands.h"
#include "service/access/callers.h"

namespace slotplanner {

// Who may call, as the settings have it.
struct CallersConfig {
  // Never null when nothing was wrong. Null when anything was: callers that are
  // known in part must never stand for all, and none at all would mean
  // everyone.
  std::shared_ptr<const Callers> callers;

  // All token files that are named, good or not, in their order: when one of
  // them changes, it is worth reading everything again.
  std::vector<std::string> token_files;
};

// Reads the callers and their token files, as these are now. `methods` are the
// methods that there are, by their short names; `clusters` the names of those
// that are configured. What is wrong is reported with its path within the list,
// such as `[1].methods[0]`.
CallersConfig ReadCallers(
    const google::protobuf::RepeatedPtrField<config::v1::Caller>& callers,
    std::span<const std::string_view> methods,
    std::span<const std::string_view> clusters, ReportProblem report);

}  // namespace slotplanner
