// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <istream>
#include <optional>

#include "slotplanner/v1/topology.pb.h"

#include "absl/status/statusor.h"
#include "client/cli/command_line.h"

namespace slotplanner::cli {

// The topology that `--shards` or `--topology` names; nothing without these
// flags. `in` is read for `--topology=-`. INVALID_ARGUMENT, with one line, when
// both flags are given, when both `--topology` and `--file` are `-`, and when
// the file cannot be read or has more than 512 KiB. What is in it is not looked
// at: the server does that.
absl::StatusOr<std::optional<v1::HypotheticalTopology>> ReadWhatIf(
    const Options& options, std::istream& in);

}  // namespace slotplanner::cli
