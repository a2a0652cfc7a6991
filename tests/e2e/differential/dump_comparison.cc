// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/differential/dump_comparison.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace slotplanner::differential {
namespace {

// A total order of replies, as sort wants it; which one does not matter.
bool IsLess(const RespValue& a, const RespValue& b) {
  if (a.type != b.type) return a.type < b.type;
  if (a.text != b.text) return a.text < b.text;
  if (a.integer != b.integer) return a.integer < b.integer;
  return std::lexicographical_compare(a.elements.begin(), a.elements.end(),
                                      b.elements.begin(), b.elements.end(),
                                      IsLess);
}

bool IsTime(const RespValue& name) {
  return name.text == "seen-time" || name.text == "active-time" ||
         name.text == "idle" || name.text == "inactive";
}

// Takes out what Redis 7.0 does not replicate of a stream's groups.
void MaskGroupProgress(RespValue& reply) {
  auto& elements = reply.elements;
  for (size_t i = 1; i < elements.size(); ++i) {
    if (elements[i - 1].text == "entries-read" ||
        elements[i - 1].text == "lag") {
      elements[i] = RespValue::Nil();
    }
  }
  for (RespValue& element : elements) MaskGroupProgress(element);
}

// The command that reads a whole value of that type, in XINFO's words for a
// stream, so that its groups and its last ID are compared too.
Command ReaderOf(const std::string& type, const std::string& key) {
  if (type == "list") return {"LRANGE", key, "0", "-1"};
  if (type == "set") return {"SMEMBERS", key};
  if (type == "hash") return {"HGETALL", key};
  if (type == "zset") return {"ZRANGE", key, "0", "-1", "WITHSCORES"};
  if (type == "stream") return {"XINFO", "STREAM", key, "FULL", "COUNT", "0"};
  return {"GET", key};
}

}  // namespace

void MaskStreamTimes(RespValue& reply) {
  auto& elements = reply.elements;
  for (size_t i = 1; i < elements.size(); ++i) {
    if (elements[i].is_integer() && IsTime(elements[i - 1])) {
      elements[i].integer = 0;
    }
  }
  // A pending entry: its ID, its consumer unless that is known, the time, and
  // how often it was delivered.
  const size_t size = elements.size();
  if ((size == 3 || size == 4) && elements[0].is_text() &&
      elements[size - 2].is_integer() && elements[size - 1].is_integer()) {
    elements[size - 2].integer = 0;
  }
  for (RespValue& element : elements) MaskStreamTimes(element);
}

void SortDeeply(RespValue& reply) {
  for (RespValue& element : reply.elements) SortDeeply(element);
  std::sort(reply.elements.begin(), reply.elements.end(), IsLess);
}

void SortPairs(RespValue& reply) {
  std::vector<RespValue> pairs;
  for (size_t i = 0; i + 1 < reply.elements.size(); i += 2) {
    pairs.push_back(
        RespValue::Array({reply.elements[i], reply.elements[i + 1]}));
  }
  std::sort(pairs.begin(), pairs.end(), IsLess);
  reply.elements = std::move(pairs);
}

absl::StatusOr<bool> DumpComparison::AreSame(const std::string& payload,
                                             const std::string& other,
                                             bool from_replica) {
  if (payload == other) return true;
  const auto content = ContentOf(payload, from_replica);
  if (!content.ok()) return content.status();
  const auto other_content = ContentOf(other, from_replica);
  if (!other_content.ok()) return other_content.status();
  return *content == *other_content;
}

absl::StatusOr<RespValue> DumpComparison::ContentOf(const std::string& payload,
                                                    bool from_replica) {
  const std::string key = "dump";
  const auto replies = scratch_.CallAll(
      {{"RESTORE", key, "0", payload, "REPLACE"}, {"TYPE", key}});
  if (!replies.ok()) return replies.status();
  if ((*replies)[0].is_error()) {
    return absl::InternalError(
        absl::StrCat("A DUMP cannot be restored: ", (*replies)[0].text));
  }
  const std::string& type = (*replies)[1].text;
  auto content = scratch_.CallAll({ReaderOf(type, key), {"DEL", key}});
  if (!content.ok()) return content.status();
  RespValue value = std::move(content->front());
  if (type == "set") SortDeeply(value);
  if (type == "hash") SortPairs(value);
  if (type == "stream") MaskStreamTimes(value);
  if (type == "stream" && from_replica) MaskGroupProgress(value);
  return value;
}

}  // namespace slotplanner::differential
