// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string>
#include <utility>

#include <grpc/support/log.h>

#include "absl/synchronization/mutex.h"
#include "server/build_info.h"
#include "server/command_line.h"
#include "server/healthcheck.h"
#include "server/heap.h"
#include "server/serve.h"

namespace {

int Fail(int exit_code, const absl::Status& status) {
  const std::string message(status.message());
  std::fprintf(stderr, "slotplanner-server: %s\n", message.c_str());
  return exit_code;
}

int RunHealthcheck(const slotplanner::CommandLine& command_line) {
  // One line says it all; gRPC would add its own.
  gpr_set_log_function([](gpr_log_func_args*) {});
  const absl::Status status = slotplanner::AskHealth(slotplanner::HealthcheckOf(
      command_line.options, command_line.healthcheck_service));
  if (status.ok()) return 0;
  return Fail(absl::IsInvalidArgument(status) ? 2 : 1, status);
}

}  // namespace

int main(int argc, char** argv) {
  using slotplanner::CommandLine;
  slotplanner::ApplyHeapSettings();
  // gRPC's locks are its own affair; watching their order costs 60 ns a pair.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  auto command_line = slotplanner::ParseCommandLine({argv + 1, argv + argc});
  if (!command_line.ok()) return Fail(2, command_line.status());
  if (command_line->action == CommandLine::Action::kPrintManual) {
    std::fputs(slotplanner::Manual().c_str(), stdout);
  } else if (command_line->action == CommandLine::Action::kPrintVersion) {
    std::printf("slotplanner-server %s\n", slotplanner::kVersion);
  } else if (command_line->action == CommandLine::Action::kHealthcheck) {
    return RunHealthcheck(*command_line);
  } else {
    const absl::Status status = slotplanner::ServeUntilSignal(
        std::move(command_line->options),
        [argc, argv]() -> absl::StatusOr<slotplanner::ServerOptions> {
          auto again = slotplanner::ParseCommandLine({argv + 1, argv + argc});
          if (!again.ok()) return again.status();
          return std::move(again->options);
        });
    if (!status.ok()) return Fail(1, status);
  }
  return 0;
}
