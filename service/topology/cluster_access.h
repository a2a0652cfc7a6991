// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "service/resp/address_map.h"
#include "service/resp/password_source.h"
#include "service/resp/tls_context.h"
#include "service/topology/zone_map.h"

namespace slotplanner {

// How to get at the nodes of a cluster, beside its address. A plain value.
struct ClusterAccess {
  // Whom to log in as. Empty: the user of the address, or else `default`.
  std::string user = {};
  // None: the password of the address, if it has one.
  PasswordSource password = {};
  // For `rediss://`. Nothing: the authorities of the system, and no certificate
  // of ours.
  std::optional<TlsFiles> tls = {};
  // Where to connect to instead of what nodes announce; seeds stay as they are.
  AddressMap address_map = {};
  // By hosts as the address map leaves them.
  ZoneMap zones = {};
  // How many nodes are asked for their view at each refresh (rule G3); 1 or
  // more. With five, two may be down or behind and three still agree.
  int max_votes = 5;
};

}  // namespace slotplanner
