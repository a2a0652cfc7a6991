// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/differential/keyspace_comparison.h"

#include <cstdint>
#include <cstdlib>
#include <map>

#include "absl/strings/str_cat.h"

namespace slotplanner::differential {
namespace {

struct Value {
  std::string payload;
  int64_t ttl_ms;
};

// Adds all keys of a server to `values`.
absl::Status ReadKeyspace(RedisSession& session,
                          std::map<std::string, Value>& values) {
  const auto keys = session.Call({"KEYS", "*"});
  if (!keys.ok()) return keys.status();
  std::vector<Command> commands;
  for (const RespValue& key : keys->elements) {
    commands.push_back({"DUMP", key.text});
    commands.push_back({"PTTL", key.text});
  }
  const auto replies = session.CallAll(commands);
  if (!replies.ok()) return replies.status();
  for (size_t i = 0; i < keys->elements.size(); ++i) {
    const bool is_new = values
                            .emplace(keys->elements[i].text,
                                     Value{(*replies)[2 * i].text,
                                           (*replies)[2 * i + 1].integer})
                            .second;
    if (!is_new) {
      return absl::InternalError("A key is on two primaries at once.");
    }
  }
  return absl::OkStatus();
}

bool AreClose(int64_t ttl_ms, int64_t other_ttl_ms) {
  return ttl_ms == other_ttl_ms || (ttl_ms > 0 && other_ttl_ms > 0 &&
                                    std::abs(ttl_ms - other_ttl_ms) <= 2000);
}

}  // namespace

absl::StatusOr<KeyspaceDifferences> CompareKeyspaces(
    const std::vector<RespEndpoint>& primaries, RedisSession& standalone,
    DumpComparison& dumps, bool were_replicas) {
  std::map<std::string, Value> of_cluster;
  for (const RespEndpoint& primary : primaries) {
    auto session = RedisSession::Connect(primary);
    if (!session.ok()) return session.status();
    const absl::Status status = ReadKeyspace(*session, of_cluster);
    if (!status.ok()) return status;
  }
  std::map<std::string, Value> of_standalone;
  const absl::Status status = ReadKeyspace(standalone, of_standalone);
  if (!status.ok()) return status;

  KeyspaceDifferences result{.key_count = of_standalone.size(),
                             .differences = {}};
  for (const auto& [key, expected] : of_standalone) {
    const auto found = of_cluster.find(key);
    std::string what;
    if (found == of_cluster.end()) {
      what = " is missing in the cluster";
    } else {
      const Value& actual = found->second;
      const auto same =
          dumps.AreSame(actual.payload, expected.payload, were_replicas);
      if (!same.ok()) return same.status();
      if (!*same) what = " has another value in the cluster";
      if (!AreClose(actual.ttl_ms, expected.ttl_ms)) {
        absl::StrAppend(&what, " lives for ", actual.ttl_ms, " ms instead of ",
                        expected.ttl_ms);
      }
    }
    if (!what.empty()) {
      result.differences.push_back(ToLine({key}) + what);
    }
  }
  for (const auto& [key, value] : of_cluster) {
    if (!of_standalone.contains(key)) {
      result.differences.push_back(ToLine({key}) +
                                   " is in the cluster and should not be");
    }
  }
  return result;
}

}  // namespace slotplanner::differential
