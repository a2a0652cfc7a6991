// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/differential/server_made_arguments.h"

#include <cstddef>

#include "absl/status/status.h"

namespace slotplanner::differential {

const std::vector<std::string> kSharedScripts = {
    "return {#KEYS, KEYS, ARGV}",
    "return redis.call('EXISTS', unpack(KEYS))",
    "return redis.call('SET', KEYS[1], ARGV[1])",
};

const std::vector<std::string> kLibraries = {
    "#!lua name=lib1\n"
    "redis.register_function('write1', function(keys, args)\n"
    "  return redis.call('SET', keys[1], args[1] or 'none')\n"
    "end)\n"
    "redis.register_function{function_name='read1', flags={'no-writes'},\n"
    "  callback=function(keys) return redis.call('EXISTS', keys[1]) end}",
    "#!lua name=lib2\n"
    "redis.register_function{function_name='read2', flags={'no-writes'},\n"
    "  callback=function(keys, args) return {#keys, args} end}",
};

absl::StatusOr<ServerMadeArguments> MakeServerMadeArguments(
    RedisSession& scratch) {
  const std::string text(70, 'v');
  const std::vector<std::vector<Command>> values = {
      {{"SET", "k", "text"}},
      {{"SET", "k", "12"}},
      {{"PFADD", "k", "a", "b", "c"}},
      {{"RPUSH", "k", "1", "e2", text}},
      {{"SADD", "k", "1", "2", "3"}},
      {{"SADD", "k", "m1", "m2", text}},
      {{"HSET", "k", "f1", "v1", "f2", "2"}},
      {{"HSET", "k", "f1", text, "f3", "3"}},
      {{"ZADD", "k", "1", "m1", "2.5", "m2", "-inf", text}},
      {{"GEOADD", "k", "13.4", "52.5", "p1", "2.3", "48.8", "p2"}},
      {{"XADD", "k", "1-1", "f1", "v1"},
       {"XADD", "k", "2-1", "f2", "v2"},
       {"XGROUP", "CREATE", "k", "g0", "0"},
       {"XREADGROUP", "GROUP", "g0", "c0", "STREAMS", "k", ">"}},
  };
  ServerMadeArguments made;
  std::vector<Command> commands;
  for (const std::vector<Command>& value : values) {
    commands.push_back({"DEL", "k"});
    commands.insert(commands.end(), value.begin(), value.end());
    commands.push_back({"DUMP", "k"});
  }
  for (const std::string& library : kLibraries) {
    // One at a time: which of two is restored first differs between servers.
    commands.push_back({"FUNCTION", "FLUSH"});
    commands.push_back({"FUNCTION", "LOAD", library});
    commands.push_back({"FUNCTION", "DUMP"});
  }
  for (const std::string& script : kSharedScripts) {
    commands.push_back({"SCRIPT", "LOAD", script});
  }
  const auto replies = scratch.CallAll(commands);
  if (!replies.ok()) return replies.status();
  for (size_t i = 0; i < commands.size(); ++i) {
    const RespValue& reply = (*replies)[i];
    if (reply.is_error()) return absl::InternalError(reply.text);
    if (commands[i][0] == "DUMP") made.payloads.push_back(reply.text);
    if (commands[i][0] == "SCRIPT") made.shas.push_back(reply.text);
    if (commands[i][0] == "FUNCTION" && commands[i][1] == "DUMP") {
      made.functions.push_back(reply.text);
    }
  }
  made.shas.push_back(std::string(40, 'f'));  // Of no script.
  return made;
}

}  // namespace slotplanner::differential
