// SPDX-License-Identifier: Apache-2.0
#include "service/commands/command_reply.h"

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "service/commands/command_catalog.h"
#include "service/resp/resp_value.h"

namespace slotplanner {
namespace {

// A map as RESP2 carries it: names and values in turn.
class MapReply {
 public:
  MapReply& Add(std::string_view name, RespValue value) {
    map_.elements.push_back(RespValue::String(std::string(name)));
    map_.elements.push_back(std::move(value));
    return *this;
  }
  MapReply& Add(std::string_view name, int value) {
    return Add(name, RespValue::Integer(value));
  }
  RespValue Take() { return std::move(map_); }

 private:
  RespValue map_ = RespValue::Array({});
};

void AddText(std::string_view text, RespValue& list) {
  list.elements.push_back(RespValue::Status(std::string(text)));
}

RespValue Search(std::string_view type, RespValue spec) {
  return MapReply()
      .Add("type", RespValue::String(std::string(type)))
      .Add("spec", std::move(spec))
      .Take();
}

struct BeginSearchReply {
  RespValue operator()(const BeginSearchIndex& search) const {
    return Search("index", MapReply().Add("index", search.index).Take());
  }
  RespValue operator()(const BeginSearchKeyword& search) const {
    return Search("keyword",
                  MapReply()
                      .Add("keyword", RespValue::String(search.keyword))
                      .Add("startfrom", search.start_from)
                      .Take());
  }
  RespValue operator()(const BeginSearchUnknown&) const {
    return Search("unknown", RespValue::Array({}));
  }
};

struct FindKeysReply {
  RespValue operator()(const FindKeysRange& keys) const {
    return Search("range", MapReply()
                               .Add("lastkey", keys.last_key)
                               .Add("keystep", keys.key_step)
                               .Add("limit", keys.limit)
                               .Take());
  }
  RespValue operator()(const FindKeysKeynum& keys) const {
    return Search("keynum", MapReply()
                                .Add("keynumidx", keys.keynum_index)
                                .Add("firstkey", keys.first_key)
                                .Add("keystep", keys.key_step)
                                .Take());
  }
  RespValue operator()(const FindKeysUnknown&) const {
    return Search("unknown", RespValue::Array({}));
  }
};

RespValue KeySpecReply(const KeySpec& spec) {
  RespValue flags = RespValue::Array({});
  if (spec.not_key) AddText("not_key", flags);
  if (spec.incomplete) AddText("incomplete", flags);
  return MapReply()
      .Add("flags", std::move(flags))
      .Add("begin_search", std::visit(BeginSearchReply{}, spec.begin_search))
      .Add("find_keys", std::visit(FindKeysReply{}, spec.find_keys))
      .Take();
}

RespValue FlagsReply(const CommandInfo& info) {
  RespValue flags = RespValue::Array({});
  if (info.is_write) AddText("write", flags);
  if (info.is_readonly) AddText("readonly", flags);
  if (info.is_blocking) AddText("blocking", flags);
  if (info.is_movable_keys) AddText("movablekeys", flags);
  return flags;
}

// Empty for `kNone`.
std::string_view NameOf(RequestPolicy policy) {
  switch (policy) {
    case RequestPolicy::kNone:
      return "";
    case RequestPolicy::kAllNodes:
      return "request_policy:all_nodes";
    case RequestPolicy::kAllShards:
      return "request_policy:all_shards";
    case RequestPolicy::kMultiShard:
      return "request_policy:multi_shard";
    case RequestPolicy::kSpecial:
      return "request_policy:special";
  }
  return "";
}

std::string_view NameOf(ResponsePolicy policy) {
  switch (policy) {
    case ResponsePolicy::kNone:
      return "";
    case ResponsePolicy::kOneSucceeded:
      return "response_policy:one_succeeded";
    case ResponsePolicy::kAllSucceeded:
      return "response_policy:all_succeeded";
    case ResponsePolicy::kAggLogicalAnd:
      return "response_policy:agg_logical_and";
    case ResponsePolicy::kAggLogicalOr:
      return "response_policy:agg_logical_or";
    case ResponsePolicy::kAggMin:
      return "response_policy:agg_min";
    case ResponsePolicy::kAggMax:
      return "response_policy:agg_max";
    case ResponsePolicy::kAggSum:
      return "response_policy:agg_sum";
    case ResponsePolicy::kSpecial:
      return "response_policy:special";
  }
  return "";
}

RespValue TipsReply(const CommandInfo& info) {
  RespValue tips = RespValue::Array({});
  if (info.nondeterministic_output) AddText("nondeterministic_output", tips);
  if (info.nondeterministic_output_order) {
    AddText("nondeterministic_output_order", tips);
  }
  for (const std::string_view policy :
       {NameOf(info.request_policy), NameOf(info.response_policy)}) {
    if (!policy.empty()) AddText(policy, tips);
  }
  return tips;
}

RespValue CommandReply(const CommandInfo& info) {
  RespValue key_specs = RespValue::Array({});
  for (const KeySpec& spec : info.key_specs) {
    key_specs.elements.push_back(KeySpecReply(spec));
  }
  std::vector<RespValue> entry;
  entry.push_back(RespValue::String(info.name));
  entry.push_back(RespValue::Integer(info.arity));
  entry.push_back(FlagsReply(info));
  // First key, last key and step, which key specifications replace; ACL
  // categories, which no plan depends on.
  for (int i = 0; i < 3; ++i) entry.push_back(RespValue::Integer(0));
  entry.push_back(RespValue::Array({}));
  entry.push_back(TipsReply(info));
  entry.push_back(std::move(key_specs));
  entry.push_back(ToCommandReply(info.subcommands));
  return RespValue::Array(std::move(entry));
}

}  // namespace

RespValue ToCommandReply(const std::vector<CommandInfo>& commands) {
  RespValue reply = RespValue::Array({});
  for (const CommandInfo& info : commands) {
    reply.elements.push_back(CommandReply(info));
  }
  return reply;
}

}  // namespace slotplanner
