// SPDX-License-Identifier: Apache-2.0
#include "client/cli/text_format.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>

#include "absl/strings/str_cat.h"
#include "client/cli/escapes.h"
#include "client/cpp/slot_planner_client.h"
#include "service/base/strings.h"
#include "service/resp/resp_endpoint.h"

namespace slotplanner::cli {
namespace {

std::string RoleOf(const v1::Node& node) {
  switch (node.role()) {
    case v1::NODE_ROLE_PRIMARY:
      return "primary";
    case v1::NODE_ROLE_REPLICA:
      return "replica";
    default:
      return "node";
  }
}

// The argument that an index of a plan means, quoted.
std::string ArgumentAt(int index, const v1::Command& command,
                       const v1::PlanBatchResponse& plan) {
  const auto& args = index >= 0 ? command.args() : plan.literals();
  const int position = index >= 0 ? index : -1 - index;
  return position < args.size() ? QuoteBytes(args[position]) : "?";
}

// As in "command 2, " where there are several, from 1.
std::string HeadingOf(int command_index, const v1::PlanBatchResponse& plan) {
  if (plan.command_plans_size() == 1) return "";
  return absl::StrCat("command ", command_index + 1, ", ");
}

std::string FormatPart(const v1::Command& command,
                       const v1::PlanBatchResponse& plan,
                       const v1::PlannedCommand& part) {
  std::string line = absl::StrCat("    ", HeadingOf(part.command_index(), plan),
                                  "part ", part.part_index());
  if (part.has_slot()) absl::StrAppend(&line, ", slot ", part.slot());
  line += ":";
  if (part.arg_indexes().empty()) {
    for (const std::string& arg : command.args()) {
      line += ' ' + QuoteBytes(arg);
    }
  }
  for (const int index : part.arg_indexes()) {
    line += ' ' + ArgumentAt(index, command, plan);
  }
  return line + '\n';
}

std::string FormatKeys(
    const google::protobuf::RepeatedPtrField<v1::KeyLocation>& keys) {
  std::string text;
  for (const v1::KeyLocation& key : keys) {
    absl::StrAppend(&text, "  argument ", key.arg_index(), " is in slot ",
                    key.slot(), "\n");
  }
  return text;
}

std::string FormatRefusal(const v1::Refusal& refusal) {
  const std::string text = absl::StrCat(
      "refused: ",
      ShortName(v1::RefusalReason_Name(refusal.reason()), "REFUSAL_REASON_"),
      "\n  ", refusal.message(), "\n");
  return absl::StrCat(text, FormatKeys(refusal.keys()),
                      FormatRemedies(refusal.remedies()));
}

std::string FormatStamp(const v1::TopologyStamp& stamp) {
  const std::string confirmed =
      stamp.has_confirm_time()
          ? absl::StrCat("confirmed ",
                         google::protobuf::util::TimeUtil::ToString(
                             stamp.confirm_time()))
          : "hypothetical";
  return absl::StrCat("topology: ", stamp.version(), ", ", confirmed, "\n");
}

std::string FormatMigration(const v1::SlotMigration& migration) {
  return absl::StrCat("moving: slot ", migration.slot(), " from ",
                      migration.source_node_id(), " to ",
                      migration.target_node_id(), "\n");
}

}  // namespace

std::string FormatEndpoint(const v1::Node& node) {
  return ToString(RespEndpoint{.host = node.host(), .port = node.port()});
}

std::string FormatPlan(
    const google::protobuf::RepeatedPtrField<v1::Command>& commands,
    const v1::PlanBatchResponse& plan) {
  std::string text;
  for (int i = 0; i < plan.command_plans_size(); ++i) {
    const v1::CommandPlan& command_plan = plan.command_plans(i);
    text += HeadingOf(i, plan);
    if (command_plan.verdict() == v1::VERDICT_REFUSED) {
      text += FormatRefusal(command_plan.refusal());
      continue;
    }
    absl::StrAppend(
        &text, "verdict: ",
        ShortName(v1::Verdict_Name(command_plan.verdict()), "VERDICT_"), ", ",
        command_plan.part_count(),
        command_plan.part_count() == 1 ? " part" : " parts", "\nmerge: ",
        ShortName(v1::MergeOperation_Name(command_plan.merge().operation()),
                  "MERGE_OPERATION_"),
        "\nlost guarantees:");
    for (const int lost : command_plan.lost_guarantees()) {
      absl::StrAppend(
          &text, " ",
          ShortName(v1::Guarantee_Name(static_cast<v1::Guarantee>(lost)),
                    "GUARANTEE_"));
    }
    if (command_plan.lost_guarantees().empty()) text += " none";
    absl::StrAppend(&text, "\nretry: ",
                    ShortName(v1::RetrySafety_Name(command_plan.retry_safety()),
                              "RETRY_SAFETY_"),
                    "\n");
  }
  for (int i = 0; i < plan.stages_size(); ++i) {
    absl::StrAppend(&text, "stage ", i + 1, ":\n");
    for (const v1::NodePlan& node_plan : plan.stages(i).node_plans()) {
      absl::StrAppend(&text, "  ", RoleOf(node_plan.node()), " ",
                      FormatEndpoint(node_plan.node()),
                      node_plan.requires_readonly() ? ", READONLY" : "", ":\n");
      for (const v1::PlannedCommand& part : node_plan.commands()) {
        if (part.command_index() < 0 ||
            part.command_index() >= commands.size()) {
          continue;  // Not a plan for these commands.
        }
        text += FormatPart(commands[part.command_index()], plan, part);
      }
    }
  }
  for (const v1::SlotMigration& migration : plan.migrations()) {
    text += FormatMigration(migration);
  }
  return text + FormatStamp(plan.topology());
}

std::string FormatTopology(const v1::Topology& topology) {
  std::string text = FormatStamp(topology.stamp());
  for (const v1::Shard& shard : topology.shards()) {
    text += "slots";
    for (const v1::SlotRange& range : shard.slot_ranges()) {
      absl::StrAppend(&text, " ", range.first(), "-", range.last());
    }
    text += shard.slot_ranges().empty() ? " none:\n" : ":\n";
    absl::StrAppend(&text, "  primary ", FormatEndpoint(shard.primary()), " ",
                    shard.primary().node_id(), "\n");
    for (const v1::Node& replica : shard.replicas()) {
      absl::StrAppend(&text, "  replica ", FormatEndpoint(replica), " ",
                      replica.node_id(), "\n");
    }
  }
  for (const v1::SlotMigration& migration : topology.migrations()) {
    text += FormatMigration(migration);
  }
  absl::StrAppend(&text, "unassigned slots: ", topology.unassigned_slot_count(),
                  "\nnodes asked: ", topology.asked_node_count(),
                  ", agreeing: ", topology.agreeing_node_count(), "\n");
  return text;
}

std::string FormatExplanation(const v1::ExplainErrorResponse& explanation) {
  std::string text = absl::StrCat(
      "cause: ",
      ShortName(v1::ErrorCause_Name(explanation.cause()), "ERROR_CAUSE_"),
      "\n  ", explanation.message(), "\n");
  for (int i = 0; i < explanation.reactions_size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "to do: " : ", ",
                    ShortName(v1::ErrorReaction_Name(explanation.reactions(i)),
                              "ERROR_REACTION_"),
                    i + 1 == explanation.reactions_size() ? "\n" : "");
  }
  if (explanation.has_slot()) {
    absl::StrAppend(&text, "slot ", explanation.slot());
    if (explanation.has_target()) {
      absl::StrAppend(&text, ", at ", FormatEndpoint(explanation.target()));
    }
    text += '\n';
  }
  if (explanation.may_have_been_applied()) {
    text += "The command may have changed data before the error.\n";
  }
  if (explanation.verdict() != v1::VERDICT_UNSPECIFIED) {
    absl::StrAppend(
        &text, "planned, it is: ",
        ShortName(v1::Verdict_Name(explanation.verdict()), "VERDICT_"), "\n");
  }
  return absl::StrCat(text, FormatKeys(explanation.keys()),
                      FormatRemedies(explanation.remedies()));
}

std::string FormatRemedies(
    const google::protobuf::RepeatedPtrField<v1::Remedy>& remedies) {
  std::string text = remedies.empty() ? "" : "ways out:\n";
  for (const v1::Remedy& remedy : remedies) {
    absl::StrAppend(
        &text, "  ",
        ShortName(v1::RemedyKind_Name(remedy.kind()), "REMEDY_KIND_"), ": ",
        remedy.description(), "\n");
  }
  return text;
}

std::string FormatStatus(const absl::Status& status) {
  std::string text = absl::StatusCodeToString(status.code());
  if (const auto reason = ErrorReasonOf(status)) {
    absl::StrAppend(&text, " (",
                    ShortName(v1::ErrorReason_Name(*reason), "ERROR_REASON_"),
                    ")");
  }
  return absl::StrCat(text, ": ", status.message());
}

std::string ShortName(const std::string& name, std::string_view prefix) {
  if (name.empty()) return "UNKNOWN";  // A number newer than this client.
  return name.substr(name.starts_with(prefix) ? prefix.size() : 0);
}

std::string FormatJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;  // Slot 0 is a slot.
  std::string json;
  // Fails only for an Any whose type is not linked; there is none in the API.
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? json + '\n' : std::string();
}

}  // namespace slotplanner::cli
