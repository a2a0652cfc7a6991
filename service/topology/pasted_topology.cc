// SPDX-License-Identifier: Apache-2.0
#include "service/topology/pasted_topology.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "service/base/strings.h"
#include "service/resp/redis_cli_text.h"
#include "service/resp/resp_value.h"
#include "service/resp/text_cursor.h"
#include "service/topology/cluster_nodes_text.h"
#include "service/topology/cluster_shards_reply.h"
#include "service/topology/cluster_slots_reply.h"
#include "service/topology/reply_fields.h"

namespace slotplanner {
namespace {

// Where a node is that says no host, because whoever asked it knows that.
constexpr char kHostOfAsked[] = "127.0.0.1";

using ShardsOrStatus = absl::StatusOr<std::vector<Shard>>;

bool IsDigit(char c) {
  return absl::ascii_isdigit(static_cast<unsigned char>(c));
}

// What `redis-cli CLUSTER SHARDS` writes to a pipe: the words of the reply
// without its structure, one a line; with `-3`, a name and its value share a
// line.
std::vector<absl::string_view> WordsOf(absl::string_view text) {
  std::vector<absl::string_view> words;
  for (const absl::string_view line :
       absl::StrSplit(absl::StripTrailingAsciiWhitespace(text), '\n')) {
    for (const absl::string_view word :
         absl::StrSplit(absl::StripSuffix(line, "\r"), ' ')) {
      words.push_back(word);
    }
  }
  return words;
}

// As it stands in the reply: only slots and ports are numbers.
RespValue ToNumber(absl::string_view word) {
  int64_t number = 0;
  return absl::SimpleAtoi(word, &number) ? RespValue::Integer(number)
                                         : RespValue::Nil();
}

RespValue ToText(absl::string_view word) {
  return RespValue::String(std::string(word));
}

// The reply that has these words: `slots` and numbers, `nodes`, then names and
// values, of which `id` begins a node; and the same for each shard. Requires:
// the first word is `slots`.
RespValue ReplyOfWords(const std::vector<absl::string_view>& words) {
  std::vector<RespValue> shards;
  size_t i = 0;
  while (i < words.size()) {
    std::vector<RespValue> slots;
    for (++i; i < words.size() && words[i] != "nodes"; ++i) {
      slots.push_back(ToNumber(words[i]));
    }
    std::vector<RespValue> nodes;
    for (++i; i < words.size() && words[i] != "slots"; i += 2) {
      if (nodes.empty() || words[i] == "id") {
        nodes.push_back(RespValue::Array({}));
      }
      const absl::string_view value = i + 1 < words.size() ? words[i + 1] : "";
      const bool is_number = words[i] == "port" || words[i] == "tls-port";
      std::vector<RespValue>& node = nodes.back().elements;
      node.push_back(ToText(words[i]));
      node.push_back(is_number ? ToNumber(value) : ToText(value));
    }
    shards.push_back(RespValue::Array(
        {ToText("slots"), RespValue::Array(std::move(slots)), ToText("nodes"),
         RespValue::Array(std::move(nodes))}));
  }
  return RespValue::Array(std::move(shards));
}

// The forms of a text, of which each begins in another way.
absl::StatusOr<RespValue> ParseReply(absl::string_view text) {
  constexpr absl::string_view kRespTypes = "*%~>$=!-+";
  constexpr absl::string_view kJsonBegins = "[{\"";
  const absl::string_view begin = absl::StripLeadingAsciiWhitespace(text);
  if (begin.empty()) return absl::InvalidArgumentError("the text is empty");
  if (kRespTypes.find(begin.front()) != absl::string_view::npos) {
    return ParseRespText(ToStd(text));
  }
  if (kJsonBegins.find(begin.front()) != absl::string_view::npos) {
    return ParseRedisCliJson(ToStd(text));
  }
  const auto* const digits_end =
      std::find_if_not(begin.begin(), begin.end(), IsDigit);
  if (digits_end != begin.begin() && digits_end != begin.end() &&
      (*digits_end == ')' || *digits_end == '~')) {
    return ParseRedisCliText(ToStd(text));
  }
  const std::vector<absl::string_view> first_words =
      absl::StrSplit(begin, absl::MaxSplits(absl::ByAnyChar(" \r\n"), 1));
  if (first_words.front() == "slots") {
    const std::vector<absl::string_view> words = WordsOf(begin);
    if (words.size() > kMaxTextValues) {
      return absl::InvalidArgumentError("too many values");
    }
    return ReplyOfWords(words);
  }
  return ToText(text);  // CLUSTER NODES.
}

ShardsOrStatus ParseShards(const RespValue& reply, const ReplyOrigin& origin) {
  if (reply.is_error()) {
    return absl::InvalidArgumentError("the reply is an error");
  }
  if (reply.is_text()) return ParseClusterNodesText(reply.text, origin);
  // CLUSTER SLOTS begins with a number, CLUSTER SHARDS with a name.
  const bool is_slots = reply.is_array() && !reply.elements.empty() &&
                        !reply.elements.front().elements.empty() &&
                        reply.elements.front().elements.front().is_integer();
  return is_slots ? ParseClusterSlotsReply(reply, origin)
                  : ParseClusterShardsReply(reply, origin);
}

}  // namespace

absl::StatusOr<ClusterTopology> ParsePastedTopology(std::string_view text) {
  if (text.size() > kMaxPastedTopologyBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("more than ", kMaxPastedTopologyBytes, " bytes"));
  }
  const absl::StatusOr<RespValue> reply = ParseReply(ToAbsl(text));
  if (!reply.ok()) return reply.status();
  ReplyOrigin origin{.asked = {.host = kHostOfAsked}};
  ShardsOrStatus shards = ParseShards(*reply, origin);
  if (shards.ok() && shards->empty()) {
    origin.is_tls = true;  // There may be no port without TLS.
    shards = ParseShards(*reply, origin);
  }
  if (!shards.ok()) return shards.status();
  if (shards->empty()) {
    return absl::InvalidArgumentError(
        "there is no shard with a primary to connect to");
  }
  return ClusterTopology::Make(*std::move(shards));
}

}  // namespace slotplanner
