// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "client/cli/escapes.h"
#include "client/cli/json_text.h"
#include "client/cli/subcommands.h"
#include "client/cli/template_file.h"
#include "client/cli/text_format.h"

namespace slotplanner::cli {
namespace {

// More wrong lines than these of a file are counted only.
constexpr size_t kMistakesShown = 5;

// A file as it was named, and what is in it.
struct NamedFile {
  std::string name;
  TemplateFile content;
};

absl::StatusOr<NamedFile> ReadFile(const std::string& path, std::istream& in) {
  if (path == "-") return NamedFile{"standard input", ReadTemplates(in)};
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::InvalidArgumentError("cannot read " + path);
  return NamedFile{path, ReadTemplates(file)};
}

void PrintMistakes(const NamedFile& file, std::ostream& err) {
  const auto& mistakes = file.content.mistakes;
  for (size_t i = 0; i < std::min(mistakes.size(), kMistakesShown); ++i) {
    err << "slotplanner: " << file.name << ':' << mistakes[i].first << ": "
        << mistakes[i].second << '\n';
  }
  if (mistakes.size() > kMistakesShown) {
    err << "slotplanner: " << file.name << ": "
        << mistakes.size() - kMistakesShown << " more lines are wrong\n";
  }
}

bool IsForEachNode(const v1::Refusal& refusal) {
  return std::any_of(refusal.remedies().begin(), refusal.remedies().end(),
                     [](const v1::Remedy& remedy) {
                       return remedy.kind() == v1::REMEDY_KIND_PER_NODE;
                     });
}

// Whether only the transaction is refused that the command is in; EXEC says
// why.
bool IsRefusedWithTransaction(const v1::TemplateCheck& check) {
  return check.refusal().reason() ==
             v1::REFUSAL_REASON_CROSS_SLOT_TRANSACTION &&
         !check.has_multi_index();
}

// Whether a command that is refused so may be right all the same: whether its
// keys are in one slot is said already, and so are those of its transaction; an
// unassigned slot is not its fault; and some commands are for each node.
bool IsNoMistake(const v1::Refusal& refusal) {
  switch (refusal.reason()) {
    case v1::REFUSAL_REASON_CROSS_SLOT:
    case v1::REFUSAL_REASON_SPLIT_FORBIDDEN:
    case v1::REFUSAL_REASON_CROSS_SLOT_TRANSACTION:
    case v1::REFUSAL_REASON_SLOT_UNASSIGNED:
      return true;
    default:
      return IsForEachNode(refusal);
  }
}

bool Passes(const v1::TemplateCheck& check, bool allow_split) {
  if (check.has_refusal() && !IsNoMistake(check.refusal())) return false;
  return check.agreement() == v1::SLOT_AGREEMENT_ALWAYS ||
         check.agreement() == v1::SLOT_AGREEMENT_NO_KEYS ||
         (allow_split && check.verdict() == v1::VERDICT_SPLIT);
}

// As in "DEPENDS on <user>, <order>".
std::string FormatAgreement(const v1::TemplateCheck& check) {
  std::string text =
      ShortName(v1::SlotAgreement_Name(check.agreement()), "SLOT_AGREEMENT_");
  for (int i = 0; i < check.placeholders_size(); ++i) {
    absl::StrAppend(&text, i == 0 ? " on <" : ", <", check.placeholders(i),
                    ">");
  }
  return text;
}

// As in "SPLIT". That a command is refused may not be its own fault.
std::string FormatVerdict(const v1::TemplateCheck& check) {
  std::string text = ShortName(v1::Verdict_Name(check.verdict()), "VERDICT_");
  if (IsForEachNode(check.refusal())) {
    text += ", to be sent to each node";
  } else if (IsRefusedWithTransaction(check)) {
    text += " with its transaction";
  }
  return text;
}

std::string FormatKey(const v1::TemplateKey& key,
                      const std::vector<std::string>& args) {
  const auto index = static_cast<size_t>(key.arg_index());
  if (index >= args.size()) return "";  // No answer to this command.
  const std::string& arg = args[index];
  std::string text =
      absl::StrCat(key.is_pattern() ? "  pattern " : "  ", QuoteBytes(arg));
  const auto offset = static_cast<size_t>(key.hashed().offset());
  if (key.has_slot()) {
    absl::StrAppend(&text, " is in slot ", key.slot());
  } else if (key.has_hashed() && offset <= arg.size()) {
    absl::StrAppend(&text, " is hashed by ",
                    QuoteBytes(arg.substr(
                        offset, static_cast<size_t>(key.hashed().length()))));
  } else {
    text += " may be in several slots";
  }
  return text + '\n';
}

// The command, its answer, and if it does not pass, why.
std::string FormatCheck(const NamedFile& file, size_t index,
                        const v1::TemplateCheck& check, bool passes) {
  const auto& commands = file.content.commands;
  const TemplateFile::Command& command = commands[index];
  std::string text =
      absl::StrCat(file.name, ":", command.line, ": ",
                   passes ? "" : "FAILS: ", FormatAgreement(check), ", ",
                   FormatVerdict(check));
  const auto multi = static_cast<size_t>(check.multi_index());
  if (check.has_multi_index() && multi < commands.size()) {
    absl::StrAppend(&text, ", transaction from line ", commands[multi].line);
  }
  text += '\n';
  if (passes) return text;
  for (const v1::TemplateKey& key : check.keys()) {
    text += FormatKey(key, command.args);
  }
  if (check.has_refusal() && !IsRefusedWithTransaction(check)) {
    absl::StrAppend(&text, "  ", check.refusal().message(), "\n",
                    FormatRemedies(check.refusal().remedies()));
  }
  return text;
}

std::string FormatJsonCheck(const NamedFile& file, size_t index,
                            const v1::TemplateCheck& check, bool passes) {
  const std::string json = FormatJson(check);
  return absl::StrCat(
      "{\"file\":",
      JsonString(IsUtf8(file.name) ? file.name : QuoteBytes(file.name)),
      ",\"line\":", file.content.commands[index].line,
      ",\"passes\":", passes ? "true" : "false",
      ",\"check\":", absl::StripSuffix(json, "\n"), "}\n");
}

// How many commands have which answer.
struct Summary {
  size_t passed = 0;
  std::map<v1::SlotAgreement, size_t> commands = {};

  size_t count() const {
    size_t count = 0;
    for (const auto& [agreement, of_it] : commands) count += of_it;
    return count;
  }
};

std::string FormatSummary(const Summary& summary) {
  std::string text =
      absl::StrCat(summary.passed, " of ", summary.count(), " commands pass");
  const char* separator = ": ";
  for (const auto& [agreement, count] : summary.commands) {
    absl::StrAppend(
        &text, separator, count, " ",
        ShortName(v1::SlotAgreement_Name(agreement), "SLOT_AGREEMENT_"));
    separator = ", ";
  }
  return text + '\n';
}

// Checks a file with commands and prints the answers.
absl::Status Lint(const NamedFile& file, const Job& job, Summary& summary) {
  const Options& options = job.line.options;
  v1::CheckTemplatesRequest request;
  request.set_cluster(options.cluster);
  for (const TemplateFile::Command& command : file.content.commands) {
    request.add_commands()->mutable_args()->Assign(command.args.begin(),
                                                   command.args.end());
  }
  const auto response = job.client.CheckTemplates(request, job.deadline);
  if (!response.ok()) return response.status();
  if (response->checks_size() != request.commands_size()) {
    return absl::InternalError("The server has not checked each command.");
  }
  for (size_t i = 0; i < file.content.commands.size(); ++i) {
    const v1::TemplateCheck& check = response->checks(static_cast<int>(i));
    const bool passes = Passes(check, options.allow_split);
    summary.passed += passes ? 1 : 0;
    ++summary.commands[check.agreement()];
    job.out << (options.output == OutputFormat::kJson
                    ? FormatJsonCheck(file, i, check, passes)
                    : FormatCheck(file, i, check, passes));
  }
  return absl::OkStatus();
}

// All files, or nothing if what is wrong with them was printed.
std::optional<std::vector<NamedFile>> ReadFiles(const Job& job) {
  std::vector<NamedFile> files;
  bool has_mistake = false;
  for (const std::string& path : job.line.args) {
    auto file = ReadFile(path, job.in);
    if (!file.ok()) {
      job.err << "slotplanner: " << file.status().message() << '\n';
      has_mistake = true;
      continue;
    }
    PrintMistakes(*file, job.err);
    has_mistake |= !file->content.mistakes.empty();
    if (file->content.commands.empty() && file->content.mistakes.empty()) {
      job.err << "slotplanner: " << file->name << " has no command\n";
      has_mistake = true;
    }
    files.push_back(*std::move(file));
  }
  if (has_mistake) return std::nullopt;
  return files;
}

}  // namespace

absl::StatusOr<ExitCode> RunLint(const Job& job) {
  const auto files = ReadFiles(job);
  if (!files) return ExitCode::kWrongUsage;
  Summary summary;
  for (const NamedFile& file : *files) {
    const absl::Status status = Lint(file, job, summary);
    if (!status.ok()) return status;
  }
  if (job.line.options.output == OutputFormat::kText) {
    job.out << FormatSummary(summary);
  }
  return summary.passed == summary.count() ? ExitCode::kAnswered
                                           : ExitCode::kRefusedOrFailed;
}

}  // namespace slotplanner::cli
