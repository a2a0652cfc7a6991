// SPDX-License-Identifier: Apache-2.0
// Measures slotplanner-server from outside, as its callers see it.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "bench/load/fail.h"
#include "bench/load/floor_server.h"
#include "bench/load/lab.h"
#include "bench/load/results.h"
#include "bench/load/scenarios.h"
#include "service/base/strings.h"

using Words = std::vector<std::string>;

ABSL_FLAG(Words, server, {},
          "The servers to measure, PATH or NAME=PATH; by default the\n"
          "slotplanner-server beside this program. A PATH may be a script\n"
          "that ends in exec.");
ABSL_FLAG(Words, server_flags, Words({"--cluster=static:6"}),
          "Flags for these servers.");
ABSL_FLAG(Words, server_cpus, {},
          "Processors that all servers are bound to; all by default.");
ABSL_FLAG(Words, scenarios, {},
          "Scenarios to run, by name or by its start up to a slash; all by\n"
          "default. --list names them.");
ABSL_FLAG(bool, list, false, "Prints the names of all scenarios.");
ABSL_FLAG(int32_t, rounds, 15, "How often each server takes its turn.");
ABSL_FLAG(absl::Duration, round, absl::Milliseconds(150),
          "How long a turn takes, about.");
ABSL_FLAG(std::string, json, "", "A file to write every round to.");
ABSL_FLAG(Words, floor_variants, {},
          "Floors to measure beside the usual one, to see what a setting\n"
          "does: channel arguments as in grpc.minimal_stack=1, several for\n"
          "one floor joined by +.");
ABSL_FLAG(bool, floor, false,
          "Is a floor server instead: it takes any request, reads none of it,\n"
          "and answers with N bytes when called by the method\n"
          "/slotplanner.bench.Floor/ReplyN.");
ABSL_FLAG(Words, floor_listen, Words({"127.0.0.1:0"}),
          "Where a floor server listens; it logs where that is.");
ABSL_FLAG(Words, floor_replies, Words({"0"}),
          "The values of N that a floor server knows.");
ABSL_FLAG(Words, floor_arguments, {},
          "Channel arguments of a floor server, NAME=INTEGER.");

namespace slotplanner {
namespace {

std::vector<int> ToInts(const Words& words) {
  std::vector<int> numbers;
  for (const std::string& word : words) {
    if (!absl::SimpleAtoi(word, &numbers.emplace_back())) {
      Fail(word, " is no number");
    }
  }
  return numbers;
}

// An empty flag is one empty word to Abseil.
Words WordsOf(const absl::Flag<Words>& flag) {
  Words words = absl::GetFlag(flag);
  std::erase(words, "");
  return words;
}

std::vector<ServerUnderTest> Servers() {
  Words specs = WordsOf(FLAGS_server);
  if (specs.empty()) {
    specs.push_back(std::filesystem::read_symlink("/proc/self/exe")
                        .replace_filename("slotplanner-server")
                        .string());
  }
  std::vector<ServerUnderTest> servers;
  for (const std::string& spec : specs) {
    const size_t equals = spec.find('=');
    const std::string path =
        equals == spec.npos ? spec : spec.substr(equals + 1);
    if (!std::filesystem::exists(path)) Fail("there is no ", path);
    servers.push_back(
        {equals == spec.npos ? "slotplanner" : spec.substr(0, equals), {path}});
    for (const std::string& word : WordsOf(FLAGS_server_flags)) {
      servers.back().command.push_back(word);
    }
  }
  return servers;
}

std::vector<FloorVariant> Floors() {
  std::vector<FloorVariant> floors = {{.name = "floor"}};
  for (const std::string& variant : WordsOf(FLAGS_floor_variants)) {
    floors.push_back({variant, absl::StrSplit(variant, '+')});
  }
  return floors;
}

std::vector<Scenario> ChosenScenarios() {
  std::vector<Scenario> all = AllScenarios();
  const Words patterns = WordsOf(FLAGS_scenarios);
  if (patterns.empty()) return all;
  std::vector<Scenario> chosen;
  for (const std::string& pattern : patterns) {
    const size_t before = chosen.size();
    for (const Scenario& scenario : all) {
      if (IsNamedBy(scenario.name, pattern)) chosen.push_back(scenario);
    }
    if (chosen.size() == before) Fail("no scenario is called ", pattern);
  }
  return chosen;
}

void RunScenarios() {
  const Lab lab({.servers = Servers(),
                 .floors = Floors(),
                 .server_cpus = ToInts(WordsOf(FLAGS_server_cpus)),
                 .rounds = absl::GetFlag(FLAGS_rounds),
                 .round = absl::GetFlag(FLAGS_round)});
  std::vector<ScenarioResult> results;
  for (const Scenario& scenario : ChosenScenarios()) {
    results.push_back(scenario.run(lab, scenario.name));
    std::puts(ToText(results.back()).c_str());
    std::fflush(stdout);
  }
  const std::string json = absl::GetFlag(FLAGS_json);
  if (json.empty()) return;
  std::ofstream file(json);
  file << ToJson(results);
  if (!file.flush()) Fail("cannot write ", json);
}

}  // namespace
}  // namespace slotplanner

int main(int argc, char** argv) {
  // As the real server does, on both sides of the wire.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  absl::SetProgramUsageMessage(
      "measures slotplanner-server from outside.\n\n"
      "Beside every server runs a floor server, which has the same gRPC\n"
      "settings, carries the same bytes and does nothing. All take turns of\n"
      "equal length, so that the noise of the machine hits all alike: the\n"
      "figures to trust are the ratios.\n\n"
      "  server_load --scenarios=keyslot,group_keys_by_node/10000");
  absl::FlagsUsageConfig usage;
  usage.contains_help_flags = [](absl::string_view file) {
    return absl::EndsWith(file, "bench/load/main.cc");
  };
  absl::SetFlagsUsageConfig(usage);
  if (absl::ParseCommandLine(argc, argv).size() > 1) {
    slotplanner::Fail("takes flags only; see --help");
  }
  if (absl::GetFlag(FLAGS_list)) {
    for (const slotplanner::Scenario& scenario : slotplanner::AllScenarios()) {
      std::puts(scenario.name.c_str());
    }
    return 0;
  }
  if (absl::GetFlag(FLAGS_floor)) {
    slotplanner::RunFloorServer(
        slotplanner::WordsOf(FLAGS_floor_listen),
        slotplanner::ToInts(slotplanner::WordsOf(FLAGS_floor_replies)),
        slotplanner::WordsOf(FLAGS_floor_arguments));
  }
  slotplanner::RunScenarios();
}
