// SPDX-License-Identifier: Apache-2.0
#include "service/answers/advice_messages.h"

#include <cstdint>

namespace slotplanner {
namespace {

// The advice ring's enums have the numbers of the API; see plan_messages.cc.
static_assert(static_cast<int>(TagWarning::kAccidentalTag) ==
              v1::TagWarning_MAX);

}  // namespace

void FillSuggestions(
    const std::vector<HashTagSuggestion>& suggestions,
    google::protobuf::RepeatedPtrField<v1::HashTagSuggestion>& messages) {
  for (const HashTagSuggestion& suggestion : suggestions) {
    v1::HashTagSuggestion& message = *messages.Add();
    message.set_tag(suggestion.tag);
    message.set_slot(suggestion.slot.value());
    for (const KeyRenaming& renaming : suggestion.renamings) {
      v1::KeyRenaming& new_name = *message.add_renamings();
      new_name.set_key(static_cast<int32_t>(renaming.key_index));
      new_name.set_new_key(renaming.new_key);
    }
    for (const TagWarning warning : suggestion.warnings) {
      message.add_warnings(static_cast<v1::TagWarning>(warning));
    }
  }
}

}  // namespace slotplanner
