// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/caller_identities.h"

#include <algorithm>
#include <utility>

#include <grpc/grpc_security_constants.h>

namespace slotplanner {

std::vector<std::string> CallerIdentities(const grpc::AuthContext& context) {
  std::vector<std::string> identities;
  if (!context.IsPeerAuthenticated()) return identities;
  for (const grpc::string_ref& name :
       context.FindPropertyValues(GRPC_X509_SAN_PROPERTY_NAME)) {
    std::string identity(name.data(), name.size());
    const bool has_zero = identity.find('\0') != std::string::npos;
    if (has_zero || std::find(identities.begin(), identities.end(), identity) !=
                        identities.end()) {
      continue;
    }
    identities.push_back(std::move(identity));
  }
  return identities;
}

}  // namespace slotplanner
