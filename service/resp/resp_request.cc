// SPDX-License-Identifier: Apache-2.0
#include "service/resp/resp_request.h"

#include <cassert>
#include <span>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "service/base/strings.h"

namespace slotplanner {

void AppendRequest(std::span<const std::string_view> args, std::string& out) {
  assert(!args.empty());
  absl::StrAppend(&out, "*", args.size(), "\r\n");
  for (std::string_view arg : args) {
    absl::StrAppend(&out, "$", arg.size(), "\r\n", ToAbsl(arg), "\r\n");
  }
}

}  // namespace slotplanner
