// SPDX-License-Identifier: Apache-2.0
#include "service/answers/key_positions_answer.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "service/commands/key_positions.h"

namespace slotplanner {
namespace {

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return absl::ascii_isascii(c); });
}

void FillRange(const ReadRange& range, v1::KeyRange& message) {
  message.set_first(range.first);
  message.set_step(range.step);
  if (range.count_arg) {
    message.set_count_index(*range.count_arg);
  } else {
    message.set_last(range.last);
  }
  message.set_reads_behind(range.reads_behind);
}

}  // namespace

void AnswerKeyPositions(const CommandCatalog& catalog,
                        v1::GetKeyPositionsResponse& response) {
  response.set_commands_version(catalog.version());
  for (const KeyPositions& positions : KeyPositionsOf(catalog)) {
    if (!IsAscii(positions.command)) continue;
    v1::KeyPositions& message = *response.add_commands();
    message.set_command(std::string(positions.command));
    message.set_is_container(positions.is_container);
    message.set_reads_all(positions.reads_all);
    for (const ReadRange& range : positions.ranges) {
      FillRange(range, *message.add_ranges());
    }
    for (const HiddenArguments& hidden : positions.hidden) {
      v1::HiddenArguments& out = *message.add_hidden();
      out.set_word(std::string(hidden.word));
      out.set_count(hidden.count);
      out.set_first(hidden.first);
    }
  }
}

}  // namespace slotplanner
