// SPDX-License-Identifier: Apache-2.0
#include "service/resp/resp_endpoint.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace slotplanner {

std::string ToString(const RespEndpoint& endpoint) {
  const bool is_ipv6 = endpoint.host.find(':') != std::string::npos;
  return is_ipv6 ? absl::StrCat("[", endpoint.host, "]:", endpoint.port)
                 : absl::StrCat(endpoint.host, ":", endpoint.port);
}

}  // namespace slotplanner
