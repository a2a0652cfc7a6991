// SPDX-License-Identifier: Apache-2.0
// Plans and runs random batches whose every reply is known, while somebody else
// changes the cluster.
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <signal.h>
#include <time.h>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "client/cli/command_line.h"
#include "client/cli/node_access.h"
#include "client/cli/tool.h"
#include "client/cpp/slot_planner_client.h"
#include "service/base/strings.h"
#include "tests/e2e/scenarios/load_worker.h"

namespace slotplanner::scenarios {
namespace {

constexpr char kManual[] =
    "e2e.plan_load [FLAG=VALUE...]\n"
    "\n"
    "Runs random batches on keys of its own until SIGTERM, and compares each\n"
    "reply with what it must be. Prints events as JSON, one a line, and a\n"
    "summary in the end.\n"
    "\n"
    "  --threads=N             how many run batches at a time; 2\n"
    "  --seconds=N             how long; 60\n"
    "  --seed=N                replays the batches of a run\n"
    "  --keys=N                keys of each thread; 200\n"
    "  --batches_per_second=N  of each thread, at most; 100\n"
    "  --wait_replicas=N       writes count when so many replicas have them\n"
    "\n"
    "and of `slotplanner exec` --server, --cluster, --read_preference, "
    "--zone,\n"
    "--address_map and --redis_*.\n"
    "\n"
    "Exit codes: 0 no reply was wrong, 1 one was, 2 wrong usage or no "
    "cluster.\n";

enum ExitCode { kRight = 0, kWrong = 1, kNotRun = 2 };

struct Flags {
  int threads = 2;
  int seconds = 60;
  uint64_t seed = std::random_device()();
  LoadOptions load;
  std::vector<std::string_view> others;  // Those of `slotplanner exec`.
};

// Whether the value is one that the flag can have.
bool Store(std::string_view flag, Flags& flags) {
  const size_t equals = flag.find('=');
  const std::string_view name = flag.substr(0, equals);
  uint64_t number = 0;
  const bool is_number =
      equals != std::string_view::npos &&
      absl::SimpleAtoi(ToAbsl(flag.substr(equals + 1)), &number) &&
      number < (uint64_t{1} << 31);
  const bool is_count = is_number && number > 0;
  if (name == "--threads") {
    flags.threads = static_cast<int>(number);
    return is_count;
  }
  if (name == "--seconds") {
    flags.seconds = static_cast<int>(number);
    return is_count;
  }
  if (name == "--seed") {
    flags.seed = number;
    return is_number;
  }
  if (name == "--keys") {
    // An even one, so that each kind of key has its half.
    flags.load.key_count = number + number % 2;
    return is_count;
  }
  if (name == "--batches_per_second") {
    flags.load.batches_per_second = static_cast<int>(number);
    return is_count;
  }
  if (name == "--wait_replicas") {
    flags.load.wait_replicas = static_cast<int>(number);
    return is_number;
  }
  flags.others.push_back(flag);
  return true;
}

sigset_t EndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// Tells of the progress every second until `end`, or a signal to end.
void ReportUntil(absl::Time end, LoadReport& report) {
  const sigset_t signals = EndSignals();
  while (absl::Now() < end) {
    const timespec second = {.tv_sec = 1, .tv_nsec = 0};
    if (sigtimedwait(&signals, nullptr, &second) > 0) return;
    report.PrintProgress();
  }
}

int Fail(std::string_view message) {
  std::cerr << "error: " << message << ". Try --help.\n";
  return kNotRun;
}

int Main(const std::vector<std::string_view>& words) {
  Flags flags;
  for (const std::string_view word : words) {
    if (word == "--help") {
      std::cout << kManual;
      return kRight;
    }
    if (!Store(word, flags)) return Fail(word);
  }
  flags.others.push_back("exec");
  const auto line = cli::ParseCommandLine(flags.others, {});
  if (!line.ok()) return Fail(ToStd(line.status().message()));
  const cli::Environment environment{
      .in = std::cin,
      .out = std::cout,
      .err = std::cerr,
      .variable = [](const std::string&) { return std::nullopt; }};
  const auto access = cli::ReadNodeAccess(line->options, environment);
  if (!access.ok()) return Fail(ToStd(access.status().message()));
  flags.load.request.set_cluster(line->options.cluster);
  flags.load.request.set_client_zone(line->options.zone);
  flags.load.request.set_read_preference(line->options.read_preference);

  // Before there are threads, so that only `ReportUntil` takes them.
  const sigset_t signals = EndSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const auto client = MakeSlotPlannerClient({.target = line->options.server});
  LoadReport report(std::cout, flags.seed);
  std::vector<std::unique_ptr<LoadWorker>> workers;
  for (int i = 0; i < flags.threads; ++i) {
    const auto number = static_cast<size_t>(i);
    workers.push_back(std::make_unique<LoadWorker>(
        number, *client, access->connections,
        BatchRunnerOptions{.address_map = access->address_map}, flags.load,
        flags.seed + number, report));
    const absl::Status deleted = workers.back()->DeleteKeys();
    if (!deleted.ok()) return Fail(ToStd(deleted.message()));
  }
  {
    std::vector<std::jthread> threads;
    for (const auto& worker : workers) {
      threads.emplace_back(
          [&worker](const std::stop_token& stop) { worker->Run(stop); });
    }
    ReportUntil(absl::Now() + absl::Seconds(flags.seconds), report);
    for (std::jthread& thread : threads) thread.request_stop();
  }
  report.PrintSummary();
  return report.has_wrong_replies() ? kWrong : kRight;
}

}  // namespace
}  // namespace slotplanner::scenarios

int main(int argc, char** argv) {
  return slotplanner::scenarios::Main({argv + 1, argv + argc});
}
