// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>
#include <utility>

#include "client/cli/escapes.h"
#include "client/cli/subcommands.h"
#include "client/cli/text_format.h"

namespace slotplanner::cli {
namespace {

const std::string& KeyAt(const v1::SuggestHashTagsRequest& request,
                         const v1::KeyPlace& place) {
  return request.keys().empty()
             ? request.commands(place.index()).args(place.arg_index())
             : request.keys(place.index());
}

void PrintSuggestion(const v1::SuggestHashTagsRequest& request,
                     const v1::SharedSlotGroup& group,
                     const v1::HashTagSuggestion& suggestion,
                     std::ostream& out) {
  out << "  tag " << QuoteBytes(suggestion.tag()) << ": slot "
      << suggestion.slot() << ", renames " << suggestion.renamings_size()
      << " of " << group.keys_size() << " keys";
  for (const int warning : suggestion.warnings()) {
    out << ", "
        << ShortName(v1::TagWarning_Name(static_cast<v1::TagWarning>(warning)),
                     "TAG_WARNING_");
  }
  out << '\n';
  for (const v1::KeyRenaming& renaming : suggestion.renamings()) {
    out << "    " << QuoteBytes(KeyAt(request, group.keys(renaming.key())))
        << " -> " << QuoteBytes(renaming.new_key()) << '\n';
  }
}

void PrintGroup(const v1::SuggestHashTagsRequest& request,
                const v1::SharedSlotGroup& group, std::ostream& out) {
  std::set<int> slots;
  for (const v1::KeyPlace& key : group.keys()) slots.insert(key.slot());
  out << group.keys_size() << " keys in " << slots.size() << " slots:\n";
  for (const v1::KeyPlace& key : group.keys()) {
    out << "  " << QuoteBytes(KeyAt(request, key)) << " is in slot "
        << key.slot() << '\n';
  }
  if (group.suggestions().empty()) {
    out << "  They have nothing in common that could be a hash tag.\n";
  }
  for (const v1::HashTagSuggestion& suggestion : group.suggestions()) {
    PrintSuggestion(request, group, suggestion, out);
  }
  out << FormatRemedies(group.remedies());
}

}  // namespace

absl::StatusOr<ExitCode> RunAdvise(const Job& job) {
  const Options& options = job.line.options;
  v1::SuggestHashTagsRequest request;
  request.set_cluster(options.cluster);
  request.set_max_suggestions(options.max_suggestions);
  if (options.file.empty()) {
    auto keys = ReadKeys(job);
    if (!keys.ok()) return keys.status();
    for (std::string& key : *keys) request.add_keys(std::move(key));
  } else {
    request.mutable_commands()->Swap(MakePlanRequest(job).mutable_commands());
  }
  const auto response = job.client.SuggestHashTags(request, job.deadline);
  if (!response.ok()) return response.status();
  if (options.output == OutputFormat::kJson) {
    job.out << FormatJson(*response);
    return ExitCode::kAnswered;
  }
  for (const v1::SharedSlotGroup& group : response->groups()) {
    PrintGroup(request, group, job.out);
  }
  for (const v1::RefusedCommand& command : response->refused_commands()) {
    job.out << "command " << command.command_index() + 1 << ": "
            << command.refusal().message() << '\n'
            << FormatRemedies(command.refusal().remedies());
  }
  if (response->groups().empty() && response->refused_commands().empty()) {
    job.out << "All keys that must be in one slot are.\n";
  }
  return ExitCode::kAnswered;
}

}  // namespace slotplanner::cli
