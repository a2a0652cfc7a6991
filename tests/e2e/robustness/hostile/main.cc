// SPDX-License-Identifier: Apache-2.0
// Opens connections to a server and sends what no good client sends.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/e2e/robustness/hostile/hostile_connections.h"

ABSL_FLAG(uint16_t, port, 0, "Where the server listens, on 127.0.0.1.");
ABSL_FLAG(std::vector<std::string>, kinds, {},
          "What to do, as --list names it; by default all, in turns.");
ABSL_FLAG(bool, list, false, "Prints the names of all kinds.");
ABSL_FLAG(uint64_t, connections, 2000, "How many connections to make.");
ABSL_FLAG(uint64_t, at_once, 200, "How many are open at a time.");
ABSL_FLAG(absl::Duration, lifetime, absl::Milliseconds(200),
          "What is still open after so long is closed.");
ABSL_FLAG(uint64_t, seed, std::random_device()(),
          "Replays what a run has sent.");

namespace slotplanner::hostile {
namespace {

int Fail(const std::string& message) {
  absl::FPrintF(stderr, "e2e.hostile: %s. Try --help.\n", message);
  return 2;
}

void Print(const std::string& name, const HostileCounts& counts) {
  absl::PrintF(R"({"kind":"%s","connections":%d,"not_connected":%d,)"
               R"("closed_by_server":%d,"bytes_sent":%d,"bytes_received":%d)"
               "}\n",
               name, counts.connections, counts.not_connected,
               counts.closed_by_server, counts.bytes_sent,
               counts.bytes_received);
}

int Main() {
  std::vector<std::string> names = absl::GetFlag(FLAGS_kinds);
  std::erase(names, "");
  const bool takes_all = names.empty();
  HostileOptions options = {.port = absl::GetFlag(FLAGS_port),
                            .kinds = {},
                            .connections = absl::GetFlag(FLAGS_connections),
                            .at_once = absl::GetFlag(FLAGS_at_once),
                            .lifetime = absl::GetFlag(FLAGS_lifetime),
                            .seed = absl::GetFlag(FLAGS_seed)};
  for (const HostileKind& kind : HostileKinds()) {
    if (absl::GetFlag(FLAGS_list)) std::puts(kind.name);
    if (takes_all || std::erase(names, kind.name) > 0) {
      options.kinds.push_back(kind);
    }
  }
  if (absl::GetFlag(FLAGS_list)) return 0;
  if (!names.empty()) return Fail(names.front() + " is no kind");
  if (options.port == 0) return Fail("--port is missing");
  const absl::Time start = absl::Now();
  const std::vector<HostileCounts> counts = RunHostileConnections(options);
  for (size_t i = 0; i < counts.size(); ++i) {
    Print(options.kinds[i].name, counts[i]);
  }
  absl::PrintF(R"({"seed":%d,"seconds":%.3f})"
               "\n",
               options.seed, absl::ToDoubleSeconds(absl::Now() - start));
  return 0;
}

}  // namespace
}  // namespace slotplanner::hostile

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "sends a server what no good client sends.\n\n"
      "Prints a JSON object for each kind, and one for the whole run.\n\n"
      "  e2e.hostile --port=50051 --connections=100000");
  absl::FlagsUsageConfig usage;
  usage.contains_help_flags = [](absl::string_view file) {
    return absl::EndsWith(file, "hostile/main.cc");
  };
  absl::SetFlagsUsageConfig(usage);
  absl::ParseCommandLine(argc, argv);
  return slotplanner::hostile::Main();
}
