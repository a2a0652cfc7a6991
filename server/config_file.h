// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "slotplanner/config/v1/server_config.pb.h"

#include "absl/status/statusor.h"

namespace slotplanner {

// The configuration in a YAML file of at most 1 MiB. INVALID_ARGUMENT
// otherwise, with one line that begins with the file's name; see `ParseConfig`.
absl::StatusOr<config::v1::ServerConfig> ReadConfigFile(
    const std::string& file_name);

// The configuration in a YAML document; the empty document is the empty
// configuration. INVALID_ARGUMENT when it is no YAML, or holds anything that is
// not in ServerConfig under exactly that name and with exactly that type, or
// holds a name twice. The message is one line with the line number and the path
// of what is wrong, such as `line 7: limits.max_keys: ...`, and repeats no
// value.
//
// The document is read along the message's descriptor, at most as deep as that
// is, so aliases cannot blow it up. Protobuf's JSON mapping would do less: it
// takes names in two spellings, quoted numbers and nulls, and its errors repeat
// values.
absl::StatusOr<config::v1::ServerConfig> ParseConfig(std::string_view yaml);

}  // namespace slotplanner
