// SPDX-License-Identifier: Apache-2.0
#include "client/cli/node_access.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"

namespace slotplanner::cli {
namespace {

// FROM=TO,...
absl::StatusOr<AddressMap> ParseAddressMap(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (const absl::string_view entry :
       absl::StrSplit(text, ',', absl::SkipEmpty())) {
    entries.emplace_back(absl::StrSplit(entry, absl::MaxSplits('=', 1)));
  }
  return AddressMap::Make(entries);
}

}  // namespace

absl::StatusOr<NodeAccess> ReadNodeAccess(const Options& options,
                                          const Environment& environment) {
  // A file that cannot be read is the caller's mistake, not a node's: each is
  // tried now.
  auto address_map = ParseAddressMap(options.address_map);
  if (!address_map.ok()) return address_map.status();
  NodeAccess access{.connections = {.user = options.redis_user},
                    .address_map = *std::move(address_map)};
  // Never a flag, which every user of the machine could read.
  PasswordSource& password = access.connections.password;
  if (!options.redis_password_file.empty()) {
    password = PasswordSource::File(options.redis_password_file);
  } else if (auto value = environment.variable("SLOTPLANNER_REDIS_PASSWORD")) {
    password = PasswordSource::Literal(*std::move(value));
  }
  if (auto read = password.Read(); !read.ok()) return read.status();
  if (options.redis_tls) {
    auto tls = std::make_shared<RotatingTlsContext>(options.redis_tls_files);
    const auto context = tls->Current();
    if (!context.ok()) return context.status();
    access.connections.tls = std::move(tls);
  }
  return access;
}

}  // namespace slotplanner::cli
