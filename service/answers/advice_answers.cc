// SPDX-License-Identifier: Apache-2.0
#include "service/answers/advice_answers.h"

#include <algorithm>
#include <bitset>
#include <string>
#include <string_view>
#include <vector>

#include "service/advice/batch_advice.h"
#include "service/advice/error_explanation.h"
#include "service/advice/hash_tags_of_slots.h"
#include "service/answers/advice_messages.h"
#include "service/answers/plan_messages.h"
#include "service/answers/topology_messages.h"
#include "service/base/strings.h"
#include "service/resp/endpoint_text.h"
#include "service/slots/hash_slot.h"

namespace slotplanner {
namespace {

// The advice ring's enums have the numbers of the API; see plan_messages.cc.
static_assert(static_cast<int>(ErrorCause::kUnknownScript) ==
              v1::ErrorCause_MAX);
static_assert(static_cast<int>(ErrorReaction::kChangeServer) ==
              v1::ErrorReaction_MAX);

using SlotSet = std::bitset<kHashSlotCount>;

// Errors of nodes are a line; the longest, of scripts, have some hundred bytes.
constexpr int kMaxErrorBytes = 4096;

// More than anybody reads.
constexpr int kMaxSuggestions = 20;

std::optional<ApiError> ValidateSlots(
    std::string_view field,
    const google::protobuf::RepeatedField<int32_t>& slots) {
  for (const int32_t slot : slots) {
    if (!HashSlot::FromNumber(slot)) {
      return OutOfRangeError(field, slot, 0, kHashSlotCount - 1);
    }
  }
  return std::nullopt;
}

bool IsNamed(const Node& node, std::string_view name) {
  if (node.node_id == name) return true;
  const auto endpoint = ParseEndpoint(name);
  return endpoint && node.host == endpoint->host && node.port == endpoint->port;
}

// The shard that has a node of that name; null if none has.
const Shard* ShardOfNode(const ClusterTopology& topology,
                         std::string_view name) {
  for (const Shard& shard : topology.shards()) {
    if (IsNamed(shard.primary, name) ||
        std::any_of(shard.replicas.begin(), shard.replicas.end(),
                    [name](const Node& node) { return IsNamed(node, name); })) {
      return &shard;
    }
  }
  return nullptr;
}

void Set(const std::vector<SlotRange>& ranges, SlotSet& slots) {
  for (const SlotRange& range : ranges) {
    for (int slot = range.first.value(); slot <= range.last.value(); ++slot) {
      slots.set(static_cast<size_t>(slot));
    }
  }
}

void FillGroup(const SharedSlotGroup& group, v1::SharedSlotGroup& message) {
  for (size_t i = 0; i < group.keys.size(); ++i) {
    v1::KeyPlace& key = *message.add_keys();
    key.set_index(group.places[i].index);
    key.set_arg_index(group.places[i].arg_index);
    key.set_slot(HashSlot::OfKey(group.keys[i]).value());
  }
  FillSuggestions(group.suggestions, *message.mutable_suggestions());
  FillRemedies(group.remedies, *message.mutable_remedies());
}

// How many tags are wanted.
int TagCount(const v1::MintHashTagsRequest& request) {
  return request.count() == 0 ? request.slots_size() + request.nodes_size()
                              : request.count();
}

// In ascending order.
std::vector<HashSlot> List(const SlotSet& slots) {
  std::vector<HashSlot> list;
  for (int slot = 0; slot < kHashSlotCount; ++slot) {
    if (slots[static_cast<size_t>(slot)]) {
      list.push_back(*HashSlot::FromNumber(slot));
    }
  }
  return list;
}

}  // namespace

bool NeedsTopology(const v1::ExplainErrorRequest& request) {
  return request.command().args_size() > 0;
}

bool NeedsTopology(const v1::SuggestHashTagsRequest& request) {
  return request.commands_size() > 0;
}

bool NeedsTopology(const v1::MintHashTagsRequest& request) {
  return request.nodes_size() > 0;
}

std::optional<ApiError> Validate(const v1::ExplainErrorRequest& request,
                                 const RequestLimits& limits) {
  if (request.error().empty()) return EmptyRequestError("error");
  const auto bytes = static_cast<int64_t>(request.error().size());
  if (bytes > kMaxErrorBytes) {
    return TooManyError("error", "bytes", bytes, kMaxErrorBytes);
  }
  const int arguments = request.command().args_size();
  if (arguments > limits.max_arguments) {
    return TooManyError("command", "arguments", arguments,
                        limits.max_arguments);
  }
  return std::nullopt;
}

std::optional<ApiError> Validate(const v1::SuggestHashTagsRequest& request,
                                 const RequestLimits& limits) {
  if (request.keys().empty() == request.commands().empty()) {
    return request.keys().empty() ? EmptyRequestError("keys")
                                  : ExclusiveFieldsError("keys", "commands");
  }
  int64_t count = request.keys_size();
  for (const v1::Command& command : request.commands()) {
    count += std::max(command.args_size(), 1);
  }
  if (count > limits.max_advice_keys) {
    return TooManyError(request.keys().empty() ? "commands" : "keys",
                        request.keys().empty() ? "arguments" : "keys", count,
                        limits.max_advice_keys);
  }
  if (request.max_suggestions() < 0 ||
      request.max_suggestions() > kMaxSuggestions) {
    return OutOfRangeError("max_suggestions", request.max_suggestions(), 0,
                           kMaxSuggestions);
  }
  return std::nullopt;
}

std::optional<ApiError> Validate(const v1::MintHashTagsRequest& request,
                                 const RequestLimits& limits) {
  const int places =
      request.slots_size() + request.nodes_size() + request.except_slots_size();
  if (request.slots_size() + request.nodes_size() == 0) {
    return EmptyRequestError("slots");
  }
  if (places > kHashSlotCount) {
    return TooManyError("slots", "slots", places, kHashSlotCount);
  }
  const int count = TagCount(request);
  if (count < 0 || count > limits.max_hash_tags) {
    return OutOfRangeError("count", count, 0, limits.max_hash_tags);
  }
  if (auto error = ValidateSlots("slots", request.slots())) return error;
  return ValidateSlots("except_slots", request.except_slots());
}

void AnswerExplainError(const v1::ExplainErrorRequest& request,
                        const ClusterSnapshot* snapshot,
                        v1::ExplainErrorResponse& response) {
  const std::vector<std::string_view> args(request.command().args().begin(),
                                           request.command().args().end());
  const ErrorExplanation explanation =
      ExplainError(request.error(), args, snapshot);
  response.set_cause(static_cast<v1::ErrorCause>(explanation.cause));
  for (const ErrorReaction reaction : explanation.reactions) {
    response.add_reactions(static_cast<v1::ErrorReaction>(reaction));
  }
  response.set_message(explanation.message);
  response.set_may_have_been_applied(explanation.may_have_been_applied);
  if (explanation.slot) response.set_slot(explanation.slot->value());
  if (explanation.target) {
    response.mutable_target()->set_host(explanation.target->host);
    response.mutable_target()->set_port(explanation.target->port);
  }
  FillKeys(explanation.keys, *response.mutable_keys());
  FillRemedies(explanation.remedies, *response.mutable_remedies());
  if (args.empty()) return;
  response.set_verdict(static_cast<v1::Verdict>(*explanation.verdict));
  FillStamp(*snapshot, *response.mutable_topology());
}

void AnswerSuggestHashTags(const v1::SuggestHashTagsRequest& request,
                           const ClusterSnapshot* snapshot,
                           v1::SuggestHashTagsResponse& response) {
  constexpr size_t kDefaultSuggestions = 3;
  const size_t max_suggestions =
      request.max_suggestions() == 0
          ? kDefaultSuggestions
          : static_cast<size_t>(request.max_suggestions());
  if (request.commands().empty()) {
    const std::vector<std::string_view> keys(request.keys().begin(),
                                             request.keys().end());
    if (const auto group = AdviseOnKeys(keys, max_suggestions)) {
      FillGroup(*group, *response.add_groups());
    }
    return;
  }
  std::vector<std::vector<std::string_view>> args;
  args.reserve(static_cast<size_t>(request.commands_size()));
  for (const v1::Command& command : request.commands()) {
    args.emplace_back(command.args().begin(), command.args().end());
  }
  const std::vector<CommandArgs> commands(args.begin(), args.end());
  const BatchAdvice advice =
      AdviseOnBatch(*snapshot, commands, max_suggestions);
  for (const SharedSlotGroup& group : advice.groups) {
    FillGroup(group, *response.add_groups());
  }
  for (const auto& [index, refusal] : advice.refused) {
    v1::RefusedCommand& message = *response.add_refused_commands();
    message.set_command_index(index);
    FillRefusal(refusal, *message.mutable_refusal());
  }
  FillStamp(*snapshot, *response.mutable_topology());
}

std::optional<ApiError> AnswerMintHashTags(
    const v1::MintHashTagsRequest& request, const ClusterSnapshot* snapshot,
    v1::MintHashTagsResponse& response) {
  SlotSet slots;
  for (const int32_t slot : request.slots()) {
    slots.set(static_cast<size_t>(slot));
  }
  for (int i = 0; i < request.nodes_size(); ++i) {
    const Shard* const shard =
        ShardOfNode(*snapshot->topology, request.nodes(i));
    if (shard == nullptr) return UnknownNodeError("nodes", i);
    Set(shard->slot_ranges, slots);
  }
  for (const int32_t slot : request.except_slots()) {
    slots.reset(static_cast<size_t>(slot));
  }
  for (const PlacedHashTag& tag :
       SpreadHashTags(List(slots), TagCount(request))) {
    v1::PlacedHashTag& message = *response.add_tags();
    message.set_tag(tag.tag);
    message.set_slot(tag.slot.value());
  }
  if (request.nodes_size() > 0) {
    FillStamp(*snapshot, *response.mutable_topology());
  }
  return std::nullopt;
}

}  // namespace slotplanner
