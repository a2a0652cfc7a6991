// SPDX-License-Identifier: Apache-2.0
#include "service/answers/template_answer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "service/advice/template_check.h"
#include "service/answers/plan_messages.h"
#include "service/answers/topology_messages.h"

namespace slotplanner {
namespace {

// The advice ring's enums have the numbers of the API; see plan_messages.cc.
static_assert(static_cast<int>(SlotAgreement::kNoKeys) ==
              v1::SLOT_AGREEMENT_NO_KEYS);
static_assert(static_cast<int>(SlotAgreement::kDepends) ==
              v1::SlotAgreement_MAX);

// Code has some hundred templates of some ten bytes. 1 MiB of nothing but
// placeholders takes about 25 MB while it is compared.
constexpr int64_t kMaxTemplateBytes = 1 << 20;

void FillCheck(const TemplateCheck& check, v1::TemplateCheck& message) {
  message.set_agreement(
      static_cast<v1::SlotAgreement>(check.agreement.agreement));
  for (const std::string_view name : check.agreement.placeholders) {
    message.add_placeholders(name.data(), name.size());
  }
  for (const TemplateKey& key : check.keys) {
    v1::TemplateKey& out = *message.add_keys();
    out.set_arg_index(key.arg_index);
    if (key.slot) out.set_slot(key.slot->value());
    if (key.hashed) {
      out.mutable_hashed()->set_offset(key.hashed->offset);
      out.mutable_hashed()->set_length(key.hashed->length);
    }
    out.set_is_pattern(key.is_pattern);
  }
  message.set_verdict(static_cast<v1::Verdict>(check.verdict));
  if (check.refusal) FillRefusal(*check.refusal, *message.mutable_refusal());
  if (check.multi_index) message.set_multi_index(*check.multi_index);
}

}  // namespace

bool NeedsTopology(const v1::CheckTemplatesRequest&) { return true; }

std::optional<ApiError> Validate(const v1::CheckTemplatesRequest& request,
                                 const RequestLimits& limits) {
  if (request.commands().empty()) return EmptyRequestError("commands");
  int64_t count = 0;
  int64_t bytes = 0;
  for (const v1::Command& command : request.commands()) {
    count += std::max(command.args_size(), 1);
    for (const std::string& arg : command.args()) {
      bytes += static_cast<int64_t>(arg.size());
    }
  }
  if (count > limits.max_advice_keys) {
    return TooManyError("commands", "arguments", count, limits.max_advice_keys);
  }
  if (bytes > kMaxTemplateBytes) {
    return TooManyError("commands", "bytes", bytes, kMaxTemplateBytes);
  }
  return std::nullopt;
}

void AnswerCheckTemplates(const v1::CheckTemplatesRequest& request,
                          const ClusterSnapshot& snapshot,
                          v1::CheckTemplatesResponse& response) {
  std::vector<std::vector<std::string_view>> args;
  args.reserve(static_cast<size_t>(request.commands_size()));
  for (const v1::Command& command : request.commands()) {
    args.emplace_back(command.args().begin(), command.args().end());
  }
  const std::vector<CommandArgs> commands(args.begin(), args.end());
  for (const TemplateCheck& check : CheckTemplates(snapshot, commands)) {
    FillCheck(check, *response.add_checks());
  }
  FillStamp(snapshot, *response.mutable_topology());
}

}  // namespace slotplanner
