// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <grpcpp/security/auth_context.h>

namespace slotplanner {

// Who the peer of a call has proved to be: the subject alternative names of its
// certificate (DNS names, URIs such as SPIFFE IDs, IP addresses, e-mail
// addresses), each once, in the certificate's order. Empty without a
// certificate that was verified. Names with a zero byte are left out.
std::vector<std::string> CallerIdentities(const grpc::AuthContext& context);

}  // namespace slotplanner
