// SPDX-License-Identifier: Apache-2.0
// A client that behaves well, while a test sees to it that others do not, that
// the server is restarted, or that it has too much to do.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <signal.h>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "bench/load/fail.h"
#include "bench/load/requests.h"
#include "service/base/strings.h"
#include "tests/e2e/robustness/call_load/call_loop.h"

ABSL_FLAG(std::string, server, "127.0.0.1:50051",
          "Where to call, in gRPC's notation.");
ABSL_FLAG(std::string, service_config, "", "gRPC's, as JSON.");
ABSL_FLAG(std::string, cluster, "",
          "The cluster to ask for; by default the server's default cluster.");
ABSL_FLAG(std::string, calls, "keyslot",
          "What to call, in turns and separated by commas: keyslot,\n"
          "group_keys/N, plan_gets/N, plan_mget/N, plan_fan_out/N.");
ABSL_FLAG(bool, check_answers, true, "Whether to look at every answer.");
ABSL_FLAG(int32_t, connections, 1, "Channels to open.");
ABSL_FLAG(int32_t, in_flight, 8, "Calls that run at a time.");
ABSL_FLAG(double, rate, 0, "Calls to begin a second, instead.");
ABSL_FLAG(absl::Duration, timeout, absl::Seconds(5), "Of each call.");
ABSL_FLAG(absl::Duration, duration, absl::Minutes(10),
          "How long, unless SIGTERM comes before.");

namespace slotplanner::robustness {
namespace {

std::atomic<bool> is_over = false;

void EndLoop(int /*signal*/) { is_over = true; }

// `name` or `name/size`.
ApiCall MakeCall(const std::string& text) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, '/');
  const std::string& name = parts.first;
  int size = 0;
  if (!parts.second.empty() && !absl::SimpleAtoi(parts.second, &size)) {
    Fail(parts.second, " is no number");
  }
  if (name == "keyslot") return KeyslotCall();
  if (size == 0) Fail(text, " is no call, or has no size");
  if (name == "group_keys") return GroupKeysCall(v1::GROUPING_NODE, size);
  if (name == "plan_gets") return PlanGetsCall(size, 20);
  if (name == "plan_mget") return PlanMgetCall(size);
  if (name == "plan_fan_out") return PlanFanOutCall(size);
  Fail(text, " is no call");
}

// All requests have `string cluster = 1`, and fields may come in any order.
void SetCluster(const std::string& cluster, ApiCall& call) {
  if (cluster.empty()) return;
  if (cluster.size() > 127) Fail("the name of the cluster is too long");
  absl::StrAppend(&call.request, "\x0a",
                  std::string(1, static_cast<char>(cluster.size())), cluster);
}

void Print(std::string_view type, const CallOutcomes& outcomes,
           absl::Time begin) {
  absl::PrintF(R"({"type":"%s","seconds":%.3f,%s)"
               "}\n",
               ToAbsl(type), absl::ToDoubleSeconds(absl::Now() - begin),
               outcomes.ToJsonFields());
  std::fflush(stdout);
}

int Main() {
  CallLoopOptions options = {
      .target = absl::GetFlag(FLAGS_server),
      .service_config = absl::GetFlag(FLAGS_service_config),
      .connections = absl::GetFlag(FLAGS_connections),
      .calls = {},
      .checks_answers = absl::GetFlag(FLAGS_check_answers),
      .timeout = absl::GetFlag(FLAGS_timeout),
      .rate = absl::GetFlag(FLAGS_rate),
      .in_flight = absl::GetFlag(FLAGS_in_flight),
      .duration = absl::GetFlag(FLAGS_duration)};
  const std::string calls = absl::GetFlag(FLAGS_calls);
  for (const std::string& text :
       std::vector<std::string>(absl::StrSplit(calls, ','))) {
    options.calls.push_back(MakeCall(text));
    SetCluster(absl::GetFlag(FLAGS_cluster), options.calls.back());
  }
  signal(SIGTERM, EndLoop);
  const absl::Time begin = absl::Now();
  const CallOutcomes outcomes =
      RunCallLoop(options, [begin](const CallOutcomes& so_far) {
        Print("progress", so_far, begin);
        return !is_over;
      });
  Print("summary", outcomes, begin);
  return 0;
}

}  // namespace
}  // namespace slotplanner::robustness

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  absl::SetProgramUsageMessage(
      "calls a server and says what became of the calls.\n\n"
      "Prints a JSON object every second, and one in the end.");
  absl::FlagsUsageConfig usage;
  usage.contains_help_flags = [](absl::string_view file) {
    return absl::EndsWith(file, "call_load/main.cc");
  };
  absl::SetFlagsUsageConfig(usage);
  absl::ParseCommandLine(argc, argv);
  return slotplanner::robustness::Main();
}
