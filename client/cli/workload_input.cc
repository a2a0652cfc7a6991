// SPDX-License-Identifier: Apache-2.0
#include "client/cli/workload_input.h"

#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/cli/client_transactions.h"
#include "client/cli/line_reader.h"
#include "client/cli/monitor_file.h"
#include "service/base/strings.h"

namespace slotplanner::cli {
namespace {

void Add(const std::vector<ClientTransactions::Arguments>& commands,
         absl::FunctionRef<void(std::span<const CommandArgs>)> add) {
  if (commands.empty()) return;
  std::vector<std::vector<std::string_view>> words;
  words.reserve(commands.size());
  for (const ClientTransactions::Arguments& arguments : commands) {
    words.emplace_back(arguments.begin(), arguments.end());
  }
  add(std::vector<CommandArgs>(words.begin(), words.end()));
}

}  // namespace

absl::StatusOr<bool> ReadWorkload(
    std::istream& in, const std::string& name, BadLines& bad,
    LineCounts& counts,
    absl::FunctionRef<void(std::span<const CommandArgs> commands)> add) {
  LineReader lines(in);
  ClientTransactions transactions;
  while (const auto line = lines.Next()) {
    ++counts.lines;
    if (line->is_too_long) {
      if (!bad.Add(name, line->number, kLineTooLong)) return false;
      continue;
    }
    auto command = ReadSentCommand(line->text);
    if (!command.ok()) {
      if (!bad.Add(name, line->number, ToStd(command.status().message()))) {
        return false;
      }
    } else if (!command->has_value()) {
      ++counts.blank;
    } else if ((*command)->is_of_script) {
      ++counts.of_scripts;
    } else {
      Add(transactions.Take(**std::move(command)), add);
    }
  }
  if (in.bad()) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", name));
  }
  Add(transactions.TakeRest(), add);
  return true;
}

}  // namespace slotplanner::cli
