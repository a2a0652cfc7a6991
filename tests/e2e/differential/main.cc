// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/time/time.h"
#include "tests/e2e/differential/differential_run.h"

namespace slotplanner::differential {
namespace {

constexpr char kManual[] =
    "differential --server=TARGET --standalone=HOST:PORT [FLAG=VALUE...]\n"
    "\n"
    "Plans random batches with a slotplanner server, runs the plans on its\n"
    "default cluster and the commands on a standalone Redis server of the "
    "same\n"
    "version, and compares every reply and in the end every key. Both are\n"
    "emptied first.\n"
    "\n"
    "  --server=TARGET         the slotplanner server, as gRPC names it\n"
    "  --standalone=HOST:PORT  the standalone Redis server\n"
    "  --commands=N            how many commands to run; 20000\n"
    "  --batch_size=N          the most commands in a batch; 32\n"
    "  --seed=N                replays a run; a fresh one by default\n"
    "  --read_from_replicas    plans reads for replicas, one of each primary\n"
    "  --runner=COMMAND        starts this runner of a client, as specified "
    "in\n"
    "                          tests/conformance/README.md, to execute the\n"
    "                          batches; by default the C++ client does\n"
    "  --timeout_seconds=N     how long a batch may take; 60. A runner gets "
    "half\n"
    "                          as long more to answer\n"
    "  --failovers=N           goes on until N failovers by CLUSTER FAILOVER\n"
    "                          are over, which happen meanwhile, one a second\n"
    "                          or so; with --runner only\n"
    "  --verbose               prints every batch before it runs\n"
    "  --help                  prints this\n"
    "\n"
    "Exit codes: 0 no differences, 1 differences or a server that does not\n"
    "answer, 2 wrong usage.\n";

constexpr int kDiffers = 1;
constexpr int kWrongUsage = 2;

// Whether `flag` is one, with a value that it can have.
bool Store(const std::string& flag, RunOptions& options) {
  if (flag == "--verbose" || flag == "--read_from_replicas") {
    options.verbose |= flag == "--verbose";
    options.read_from_replicas |= flag == "--read_from_replicas";
    return true;
  }
  const size_t equals = flag.find('=');
  if (equals == std::string::npos) return false;
  const std::string name = flag.substr(0, equals);
  const std::string value = flag.substr(equals + 1);
  if (name == "--server") options.server = value;
  if (name == "--standalone") options.standalone = value;
  if (name == "--runner") options.runner = value;
  if (name == "--server" || name == "--standalone" || name == "--runner") {
    return !value.empty();
  }
  uint64_t number = 0;
  if (!absl::SimpleAtoi(value, &number)) return false;
  if (name == "--seed") options.seed = number;
  if (name == "--commands") options.commands = number;
  if (name == "--batch_size") options.batch_size = number;
  if (name == "--failovers") options.failovers = number;
  if (name == "--timeout_seconds") options.timeout = absl::Seconds(number);
  return name == "--seed" ||
         (number > 0 && (name == "--commands" || name == "--batch_size" ||
                         name == "--failovers" || name == "--timeout_seconds"));
}

int Main(const std::vector<std::string>& flags) {
  RunOptions options;
  options.seed = std::random_device()();
  for (const std::string& flag : flags) {
    if (flag == "--help") {
      std::cout << kManual;
      return 0;
    }
    if (!Store(flag, options)) {
      std::cerr << "error: " << flag << " is no flag. Try --help.\n";
      return kWrongUsage;
    }
  }
  if (options.server.empty() || options.standalone.empty()) {
    std::cerr << "error: --server and --standalone are needed. Try --help.\n";
    return kWrongUsage;
  }
  if (options.failovers > 0 && options.runner.empty()) {
    std::cerr << "error: --failovers needs --runner. Try --help.\n";
    return kWrongUsage;
  }
  std::cout << "seed: " << options.seed << std::endl;
  const auto differences = RunDifferential(options);
  if (!differences.ok()) {
    std::cerr << "error: " << differences.status() << "\n";
    return kDiffers;
  }
  return *differences == 0 ? 0 : kDiffers;
}

}  // namespace
}  // namespace slotplanner::differential

int main(int argc, char** argv) {
  return slotplanner::differential::Main(
      std::vector<std::string>(argv + 1, argv + argc));
}
