// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include <google/protobuf/repeated_ptr_field.h>

#include "slotplanner/config/v1/server_config.pb.h"

#include "absl/functional/function_ref.h"
#include "service/commands/command_catalog.h"

namespace slotplanner {

// Hears what is wrong with declarations, and where in their list, such as
// `[2].key_specs[0].begin_search.index`. `problem` repeats no value.
using ReportProblem =
    absl::FunctionRef<void(std::string_view path, std::string_view problem)>;

// The declared commands as a catalog of their own, for `CommandCatalog::With`.
// Null when there are none, or when anything is wrong, which is reported. What
// a server's COMMAND reply may leave vague is wrong here: nobody but whoever
// wrote the file could find the mistake.
std::shared_ptr<const CommandCatalog> ReadDeclaredCommands(
    const google::protobuf::RepeatedPtrField<config::v1::CommandDeclaration>&
        declarations,
    ReportProblem report);

}  // namespace slotplanner
