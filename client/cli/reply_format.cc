// SPDX-License-Identifier: Apache-2.0
#include "client/cli/reply_format.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/escapes.h"
#include "client/cli/json_text.h"
#include "service/base/strings.h"

namespace slotplanner::cli {
namespace {

// Commands whose text redis-cli 7.0 prints raw, from cliSendCommand in its
// source. The second word is absent where the first is enough.
constexpr std::string_view kRawCommands[][2] = {
    {"info", ""},
    {"lolwut", ""},
    {"debug", "htstats"},
    {"debug", "htstats-key"},
    {"debug", "client-eviction"},
    {"memory", "malloc-stats"},
    {"memory", "doctor"},
    {"cluster", "nodes"},
    {"cluster", "info"},
    {"client", "list"},
    {"client", "info"},
    {"latency", "graph"},
    {"latency", "doctor"},
    {"proxy", "info"},
};

bool IsPrintedRaw(std::span<const std::string> command) {
  const auto is_word = [&command](size_t i, std::string_view word) {
    return command.size() > i &&
           absl::EqualsIgnoreCase(command[i], ToAbsl(word));
  };
  return std::any_of(std::begin(kRawCommands), std::end(kRawCommands),
                     [&is_word](const auto& words) {
                       return is_word(0, words[0]) &&
                              (words[1].empty() || is_word(1, words[1]));
                     });
}

// Appends `reply`. All lines but the first start with `indent`.
void AppendReply(const RespValue& reply, const std::string& indent,
                 std::string& out) {
  switch (reply.type) {
    case RespValue::Type::kNil:
      out += "(nil)\n";
      return;
    case RespValue::Type::kString:
      out += QuoteBytes(reply.text) + '\n';
      return;
    case RespValue::Type::kStatus:
      out += reply.text + '\n';
      return;
    case RespValue::Type::kError:
      out += "(error) " + reply.text + '\n';
      return;
    case RespValue::Type::kInteger:
      absl::StrAppend(&out, "(integer) ", reply.integer, "\n");
      return;
    case RespValue::Type::kArray:
      break;
  }
  if (reply.elements.empty()) {
    out += "(empty array)\n";
    return;
  }
  const size_t width = absl::StrCat(reply.elements.size()).size();
  const std::string element_indent = indent + std::string(width + 2, ' ');
  for (size_t i = 0; i < reply.elements.size(); ++i) {
    const std::string number = absl::StrCat(i + 1);
    if (i > 0) out += indent;
    out.append(width - number.size(), ' ');
    out += number + ") ";
    AppendReply(reply.elements[i], element_indent, out);
  }
}

std::string TypedJson(std::string_view type, std::string_view text) {
  const std::string value =
      IsUtf8(text) ? absl::StrCat(R"("text":)", JsonString(text))
                   : absl::StrCat(R"("base64":")",
                                  absl::Base64Escape(ToAbsl(text)), "\"");
  return absl::StrCat(R"({"type":")", ToAbsl(type), R"(",)", value, "}");
}

}  // namespace

std::string FormatReply(std::span<const std::string> command,
                        const RespValue& reply) {
  if (reply.type == RespValue::Type::kString && IsPrintedRaw(command)) {
    return reply.text;
  }
  std::string out;
  AppendReply(reply, "", out);
  return out;
}

std::string FormatReplyJson(const RespValue& reply) {
  switch (reply.type) {
    case RespValue::Type::kNil:
      return R"({"type":"nil"})";
    case RespValue::Type::kString:
      return TypedJson("string", reply.text);
    case RespValue::Type::kStatus:
      return TypedJson("status", reply.text);
    case RespValue::Type::kError:
      return TypedJson("error", reply.text);
    case RespValue::Type::kInteger:
      return absl::StrCat(R"({"type":"integer","integer":")", reply.integer,
                          "\"}");
    case RespValue::Type::kArray:
      break;
  }
  std::string out = R"({"type":"array","elements":[)";
  for (size_t i = 0; i < reply.elements.size(); ++i) {
    if (i > 0) out += ',';
    out += FormatReplyJson(reply.elements[i]);
  }
  return out + "]}";
}

}  // namespace slotplanner::cli
