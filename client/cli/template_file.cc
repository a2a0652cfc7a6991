// SPDX-License-Identifier: Apache-2.0
#include "client/cli/template_file.h"

#include "absl/strings/ascii.h"
#include "client/cli/command_file.h"
#include "service/base/strings.h"

namespace slotplanner::cli {

TemplateFile ReadTemplates(std::istream& in) {
  TemplateFile file;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    const absl::string_view text = absl::StripLeadingAsciiWhitespace(line);
    if (text.empty() || text[0] == '#') continue;
    auto args = SplitArguments(ToStd(text));
    if (args.ok()) {
      file.commands.push_back({.line = number, .args = *std::move(args)});
    } else {
      file.mistakes.emplace_back(number, args.status().message());
    }
  }
  return file;
}

}  // namespace slotplanner::cli
