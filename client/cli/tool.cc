// SPDX-License-Identifier: Apache-2.0
#include "client/cli/tool.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/command_file.h"
#include "client/cli/node_access.h"
#include "client/cli/server_access.h"
#include "client/cli/subcommands.h"
#include "client/cli/text_format.h"
#include "client/cli/what_if.h"
#include "service/base/strings.h"

namespace slotplanner::cli {
namespace {

struct Subcommand {
  std::string_view name;
  std::string_view arguments;
  std::string_view summary;
  std::string_view details;
  absl::StatusOr<ExitCode> (*run)(const Job&);
  bool takes_arguments;
  // Whether it says itself which arguments it takes, with which flags.
  bool checks_arguments = false;
};

constexpr Subcommand kSubcommands[] = {
    {"keyslot", "KEY... | -", "print the hash slot of keys",
     "One line a key: its slot, the primary that owns it (- if none is "
     "known),\n"
     "and the key in quotes, with tabs between. With the one argument - the\n"
     "keys are read from standard input, one a line.",
     RunKeyslot, true},
    {"group", "KEY... | -", "group keys by slot or by node",
     "One line a group: the slot (with --by=slot), the node (- if none is\n"
     "known), and the keys in quotes, with tabs between. With the one "
     "argument\n"
     "- the keys are read from standard input, one a line.",
     RunGroup, true},
    {"plan", "-- COMMAND [ARGUMENT...] | --file=FILE",
     "show what to send where",
     "Prints the plan for a command, or for all commands of a file: what "
     "becomes\n"
     "of each, how its replies are merged and what is lost by it, or why it "
     "is\n"
     "refused and the ways out; then what to send to which node. Nothing is "
     "sent\n"
     "to the cluster, and of the command to the server only what the plan "
     "depends\n"
     "on: names, options, keys, but no values. For the notation of a file see "
     "exec.\n"
     "\n"
     "With --shards or --topology, the plan is for a cluster that need not "
     "exist:\n"
     "what it would be after a rebalance, or on another cluster.",
     RunPlan, true},
    {"exec", "-- COMMAND [ARGUMENT...] | --file=FILE",
     "run commands on the whole cluster",
     "Plans a command, or all commands of a file as one batch, sends the parts "
     "to\n"
     "the nodes, and prints one merged reply a command, in order, as "
     "redis-cli\n"
     "prints those of a single server on a terminal. What a node that fails "
     "or\n"
     "gives its slots away did not execute is planned again, until the "
     "timeout.\n"
     "Values go to the nodes only, not to the server that plans.\n"
     "\n"
     "A file has one command a line. Arguments are split as redis-cli does "
     "it:\n"
     "\"...\" with the escapes of --escapes, '...' with no escape but \\'. "
     "Blank\n"
     "lines and lines that begin with # are passed over. --file=- reads "
     "standard\n"
     "input.\n"
     "\n"
     "With --output=json, one line a command: "
     "{\"reply\":R,\"parts\":[{\"node\":\"host:port\",\n"
     "\"outcome\":\"APPLIED\"},...],\"planOutdated\":false}. An outcome is "
     "APPLIED,\n"
     "FAILED, NOT_SENT or UNKNOWN. R has a \"type\" (nil, string, status, "
     "error,\n"
     "integer, array) and its value: \"text\", or \"base64\" for bytes that "
     "are no\n"
     "UTF-8; \"integer\", in quotes; or \"elements\".",
     RunExec, true},
    {"topology", "", "print the cluster as the server sees it",
     "Prints each shard with its slots, its primary and its replicas online. "
     "With\n"
     "--watch, each new topology follows with the time behind a blank line, or "
     "on\n"
     "a line of its own with --output=json, over restarts of the server.",
     RunTopology, false},
    {"explain", "ERROR [COMMAND [ARGUMENT...]]",
     "say what an error of a node means",
     "Prints the cause of the error, what to do, and with the command that "
     "was\n"
     "answered so its keys, what a plan makes of it, and the ways out. ERROR "
     "is\n"
     "one argument, as the node or redis-cli wrote it. It goes to the server "
     "as "
     "it\n"
     "is, of the command only what a plan depends on. Nothing is sent to the\n"
     "cluster.",
     RunExplain, true},
    {"advise", "KEY... | - | --file=FILE", "find names that share a slot",
     "Prints how keys that must be in one slot could be named so that they "
     "are: "
     "which\n"
     "braces to put where, the best suggestion first, each checked by a plan. "
     "With\n"
     "--file, the commands of the file, each of which must work in one slot; "
     "those\n"
     "from MULTI to EXEC together. With the one argument - the keys are read "
     "from\n"
     "standard input, one a line.\n"
     "\n"
     "TOO_BROAD: the tag has nothing of one entity, such as a number, so that "
     "all\n"
     "keys of this kind would be on one node. ACCIDENTAL_TAG: a key is hashed "
     "by\n"
     "braces that look like data. Nothing is renamed, and no values are sent.",
     RunAdvise, true},
    {"tags", "", "make hash tags for slots or nodes",
     "Prints hash tags that hash to the slots of --slots and to those of the "
     "shards\n"
     "of --nodes, but not to those of --except_slots: one line a tag, its slot "
     "and\n"
     "the tag in braces with a tab between. They are as short as can be, and "
     "spread\n"
     "evenly over the slots.",
     RunTags, false},
    {"lint", "FILE... | -", "check keys in code before they exist",
     "A file has one command a line, its keys as the code builds them: with\n"
     "placeholders, as in user:<id>:cart. For the notation see exec. Each file "
     "is\n"
     "checked by itself; - is standard input. Of each command is said whether "
     "its\n"
     "keys are in one slot: ALWAYS, NEVER, or DEPENDS on the placeholders that "
     "are\n"
     "named, or NO_KEYS if it has none; then what a plan makes of it. EXEC has "
     "the\n"
     "answer for its transaction. Placeholders of one name in one command or\n"
     "transaction stand for the same value; a value is not empty and has no "
     "braces.\n"
     "Options of commands and numbers of keys have to be text.\n"
     "\n"
     "A command passes if its keys are always in one slot, or if it has none. "
     "It\n"
     "does not if no plan can have it, as with a wrong name or number of "
     "arguments;\n"
     "SCAN passes, which is for each node. The exit code is 0 if all pass, 1 "
     "if not,\n"
     "and 2 if a line is no command: then nothing is checked.\n"
     "\n"
     "With --output=json, one line a command:\n"
     "{\"file\":F,\"line\":N,\"passes\":true,\"check\":C}. C is the "
     "TemplateCheck of the\n"
     "API.",
     RunLint, true},
    {"analyze", "FILE... | - | --match=PATTERN | --commands=FILE",
     "show how keys or commands are spread",
     "Counts keys by slot, shard and hash tag, and says whether that is more\n"
     "uneven than chance. Everything is counted here: the server is asked for "
     "the\n"
     "topology only (and with --commands for the commands), and no key leaves "
     "the\n"
     "tool, nor comes into what it prints, without --show_keys. Memory does "
     "not\n"
     "grow with the input.\n"
     "\n"
     "FILE... has keys, one a line, as `redis-cli --scan` prints them; - is "
     "standard\n"
     "input. With --weights each line is a number, a space or a tab, and the "
     "key.\n"
     "Blank lines are passed over. Without a server, slots are told, but no "
     "shards.\n"
     "\n"
     "--match=PATTERN goes through the keys of the live cluster with SCAN, all "
     "shards\n"
     "at the same time; `*` is every key. --timeout does not bound that, but "
     "each call\n"
     "of a node takes 5 s at most. Ctrl-C ends it with what it has. A key that "
     "lies\n"
     "on a node that does not own its slot is not counted but as foreign. "
     "When\n"
     "slots move meanwhile, it says whose keys may be missing.\n"
     "\n"
     "--commands=FILE has commands, one a line, as MONITOR shows them or in "
     "the\n"
     "notation of exec, and says what plans make of them.\n"
     "\n"
     "With --output=json, one line: {\"keys\":K,\"input\":{...}}, where K is "
     "an\n"
     "AnalyzeKeysResponse of the API in JSON, or with --commands\n"
     "{\"workload\":W,\"input\":{...}}, an AnalyzeWorkloadResponse. The exit "
     "code is 1\n"
     "when a scan was stopped or could not read a shard to its end.",
     RunAnalyze, false, true},
};

constexpr std::string_view kExitCodesHelp =
    "Exit codes: 0 answered, 1 refused or failed, 2 wrong usage.\n";

std::string ToolHelp() {
  std::string help =
      "slotplanner: plans commands for a Redis or Valkey Cluster, and runs "
      "them.\n\n"
      "Usage: slotplanner SUBCOMMAND [FLAG...] [--] [ARGUMENT...]\n\n";
  for (const Subcommand& subcommand : kSubcommands) {
    std::string name(subcommand.name);
    name.resize(10, ' ');
    absl::StrAppend(&help, "  ", name, ToAbsl(subcommand.summary), "\n");
  }
  return absl::StrCat(help,
                      "\n`slotplanner SUBCOMMAND --help` lists its flags.\n",
                      ToAbsl(kExitCodesHelp));
}

std::string HelpOf(const Subcommand& subcommand) {
  return absl::StrCat(
      "slotplanner ", ToAbsl(subcommand.name), ": ", ToAbsl(subcommand.summary),
      "\n\nUsage: slotplanner ", ToAbsl(subcommand.name), " [FLAG...] ",
      ToAbsl(subcommand.arguments), "\n\n", ToAbsl(subcommand.details), "\n\n",
      FlagsHelp(subcommand.name), "\n", ToAbsl(kExitCodesHelp));
}

ExitCode WrongUsage(const Environment& environment, std::string_view message) {
  environment.err << "slotplanner: " << message << "; try slotplanner --help\n";
  return ExitCode::kWrongUsage;
}

ExitCode Failed(const Environment& environment, const absl::Status& status) {
  environment.err << "slotplanner: " << FormatStatus(status) << '\n';
  return ExitCode::kRefusedOrFailed;
}

// The command that the arguments are, or those of `--file`.
absl::StatusOr<std::vector<std::vector<std::string>>> CommandsOf(
    const CommandLine& line, std::istream& in) {
  const std::string& path = line.options.file;
  if (path.empty()) return std::vector<std::vector<std::string>>{line.args};
  if (path == "-") return ReadCommands(in, "standard input");
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::InvalidArgumentError("cannot read " + path);
  return ReadCommands(file, path);
}

// What is wrong with the arguments; empty if nothing is.
std::string ArgumentMistake(const Subcommand& subcommand,
                            const CommandLine& line) {
  if (subcommand.checks_arguments) return "";
  if (!line.options.file.empty()) {
    return line.args.empty()
               ? ""
               : line.subcommand + " takes a command or --file, not both";
  }
  if (subcommand.takes_arguments != line.args.empty()) return "";
  return line.subcommand + (subcommand.takes_arguments ? " needs an argument"
                                                       : " takes no argument");
}

}  // namespace

ExitCode RunTool(std::span<const std::string_view> words,
                 const Environment& environment) {
  Options defaults;
  if (const auto server = environment.variable("SLOTPLANNER_SERVER")) {
    defaults.server = *server;
  }
  const auto line = ParseCommandLine(words, defaults);
  if (!line.ok()) {
    return WrongUsage(environment, ToStd(line.status().message()));
  }
  if (line->subcommand.empty()) {
    environment.out << ToolHelp();
    return ExitCode::kAnswered;
  }
  const Subcommand* const subcommand = std::find_if(
      std::begin(kSubcommands), std::end(kSubcommands),
      [&line](const Subcommand& s) { return s.name == line->subcommand; });
  if (subcommand == std::end(kSubcommands)) {
    return WrongUsage(environment,
                      "there is no subcommand " + line->subcommand);
  }
  if (line->options.help) {
    environment.out << HelpOf(*subcommand);
    return ExitCode::kAnswered;
  }
  if (const std::string mistake = ArgumentMistake(*subcommand, *line);
      !mistake.empty()) {
    return WrongUsage(environment, mistake);
  }
  const auto commands = CommandsOf(*line, environment.in);
  if (!commands.ok()) {
    return WrongUsage(environment, ToStd(commands.status().message()));
  }
  const auto what_if = ReadWhatIf(line->options, environment.in);
  if (!what_if.ok()) {
    return WrongUsage(environment, ToStd(what_if.status().message()));
  }
  const auto node_access = ReadNodeAccess(line->options, environment);
  if (!node_access.ok()) {
    return WrongUsage(environment, ToStd(node_access.status().message()));
  }

  const auto server_access = ReadServerAccess(line->options, environment);
  if (!server_access.ok()) {
    return WrongUsage(environment, ToStd(server_access.status().message()));
  }

  const auto client = MakeSlotPlannerClient(*server_access);
  const auto code =
      subcommand->run({.line = *line,
                       .commands = *commands,
                       .what_if = *what_if,
                       .client = *client,
                       .deadline = absl::Now() + line->options.timeout,
                       .node_access = *node_access,
                       .in = environment.in,
                       .out = environment.out,
                       .err = environment.err,
                       .environment = environment});
  if (!code.ok()) return Failed(environment, code.status());
  return *code;
}

}  // namespace slotplanner::cli
