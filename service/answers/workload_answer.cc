// SPDX-License-Identifier: Apache-2.0
#include "service/answers/workload_answer.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "service/advice/hash_tag_suggestions.h"
#include "service/answers/advice_messages.h"
#include "service/answers/analysis_settings.h"
#include "service/answers/topology_messages.h"

namespace slotplanner {
namespace {

// As many as `SuggestHashTags` of the API gives unless it is told otherwise.
constexpr size_t kMaxSuggestions = 3;

void FillLoad(const CommandLoad& load, v1::CommandLoad& message) {
  message.set_name(load.name);
  message.set_calls(load.calls);
  message.set_single_slot(load.single_slot);
  message.set_any_node(load.any_node);
  message.set_fan_out(load.fan_out);
  message.set_split(load.split);
  message.set_emulated(load.emulated);
  message.set_refused(load.refused);
  message.set_parts(load.parts);
  message.set_nodes(load.nodes);
  message.set_max_parts(load.max_parts);
  message.set_max_nodes(load.max_nodes);
  message.set_what_if_nodes(load.what_if_nodes);
}

void ClearKeys(v1::HashTagSuggestion& suggestion) {
  suggestion.clear_tag();
  for (v1::KeyRenaming& renaming : *suggestion.mutable_renamings()) {
    renaming.clear_new_key();
  }
}

void FillUse(const CrossSlotUse& use, bool show_keys,
             v1::CrossSlotUse& message) {
  message.set_command(use.command);
  message.set_calls(use.calls);
  if (!use.keys.empty()) {
    const std::vector<std::string_view> keys(use.keys.begin(), use.keys.end());
    FillSuggestions(SuggestHashTags(keys, kMaxSuggestions),
                    *message.mutable_suggestions());
  }
  if (!show_keys) {
    for (v1::HashTagSuggestion& suggestion : *message.mutable_suggestions()) {
      ClearKeys(suggestion);
    }
    return;
  }
  for (const std::string& key_template : use.key_templates) {
    message.add_key_templates(key_template);
  }
  for (const std::string& key : use.keys) message.add_keys(key);
}

}  // namespace

void FillWorkloadAnalysis(const WorkloadCounts& counts,
                          const KeyAnalysisBasis& basis,
                          const v1::AnalysisSettings& settings,
                          v1::AnalyzeWorkloadResponse& response) {
  const size_t max_entries = MaxEntriesOf(settings);
  const std::vector<CommandLoad> loads = counts.Loads();
  for (size_t i = 0; i < std::min(loads.size(), max_entries); ++i) {
    FillLoad(loads[i], *response.add_commands());
  }
  FillLoad(counts.Total(), *response.mutable_total());
  FillKeyAnalysis(counts.keys(), basis, settings, *response.mutable_keys());
  for (const CrossSlotUse& use : counts.TopUses(max_entries)) {
    FillUse(use, settings.show_keys(), *response.add_cross_slot_uses());
  }
  response.set_use_error(counts.use_error());
  FillStamp(*basis.current, *response.mutable_topology());
}

}  // namespace slotplanner
