// SPDX-License-Identifier: Apache-2.0
#include "service/resp/resp_reply.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "service/resp/resp_value.h"

namespace slotplanner {

void AppendReply(const RespValue& reply, std::string& out) {
  switch (reply.type) {
    case RespValue::Type::kNil:
      out += "$-1\r\n";
      return;
    case RespValue::Type::kString:
      absl::StrAppend(&out, "$", reply.text.size(), "\r\n", reply.text, "\r\n");
      return;
    case RespValue::Type::kStatus:
      absl::StrAppend(&out, "+", reply.text, "\r\n");
      return;
    case RespValue::Type::kError:
      absl::StrAppend(&out, "-", reply.text, "\r\n");
      return;
    case RespValue::Type::kInteger:
      absl::StrAppend(&out, ":", reply.integer, "\r\n");
      return;
    case RespValue::Type::kArray:
      absl::StrAppend(&out, "*", reply.elements.size(), "\r\n");
      for (const RespValue& element : reply.elements) {
        AppendReply(element, out);
      }
      return;
  }
}

}  // namespace slotplanner
