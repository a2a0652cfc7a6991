// SPDX-License-Identifier: Apache-2.0
#include <random>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/subcommands.h"
#include "client/cli/text_format.h"
#include "client/cpp/backoff.h"

namespace slotplanner::cli {
namespace {

// Short enough not to miss much of what happens after a restart of the server.
constexpr BackoffOptions kWatchBackoff = {.first = absl::Milliseconds(100),
                                          .max = absl::Seconds(1)};

std::string FormatAnswer(const Job& job, const v1::Topology& topology) {
  if (job.line.options.output == OutputFormat::kText) {
    return FormatTopology(topology);
  }
  v1::GetTopologyResponse response;
  *response.mutable_topology() = topology;
  return FormatJson(response);
}

// Two topologies with the same one are the same to a watcher: a server that
// was restarted begins with the one that is known already.
std::string IdentityOf(const v1::Topology& topology) {
  std::string identity = absl::StrCat(topology.stamp().version(), " ",
                                      topology.commands_version());
  for (const v1::SlotMigration& migration : topology.migrations()) {
    absl::StrAppend(&identity, " ", migration.ShortDebugString());
  }
  return identity;
}

// Prints topologies as they come.
class Watch {
 public:
  explicit Watch(const Job& job) : job_(job) {}

  absl::StatusOr<ExitCode> Run() {
    v1::WatchTopologyRequest request;
    request.set_cluster(job_.line.options.cluster);
    while (true) {
      const absl::Status status = job_.client.WatchTopology(
          request,
          [this](const v1::Topology& topology) { return Print(topology); });
      if (status.ok()) return ExitCode::kRefusedOrFailed;  // Nobody listens.
      if (IsForGood(status)) return status;
      AwaitNextTry(status);
    }
  }

 private:
  // Whether another try would end likewise.
  static bool IsForGood(const absl::Status& status) {
    switch (status.code()) {
      case absl::StatusCode::kInvalidArgument:
      case absl::StatusCode::kNotFound:
      case absl::StatusCode::kPermissionDenied:
      case absl::StatusCode::kUnauthenticated:
      case absl::StatusCode::kUnimplemented:
        return true;
      default:
        return false;
    }
  }

  bool Print(const v1::Topology& topology) {
    retries_ = 0;
    std::string identity = IdentityOf(topology);
    if (identity == printed_) return true;
    if (job_.line.options.output == OutputFormat::kText) {
      job_.out << (printed_.empty() ? "" : "\n") << "time: "
               << absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(),
                                   absl::UTCTimeZone())
               << '\n';
    }
    printed_ = std::move(identity);
    job_.out << FormatAnswer(job_, topology) << std::flush;
    return job_.out.good();
  }

  // Says what is wrong once, not at each try.
  void AwaitNextTry(const absl::Status& status) {
    if (retries_ == 0) {
      job_.err << "slotplanner: " << FormatStatus(status)
               << "; trying to watch again\n"
               << std::flush;
    }
    std::uniform_real_distribution<double> fraction;
    absl::SleepFor(BackoffDelay(kWatchBackoff, retries_++, fraction(random_)));
  }

  const Job& job_;
  std::string printed_;  // The identity of what was printed last.
  int retries_ = 0;      // Since the last topology.
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace

absl::StatusOr<ExitCode> RunTopology(const Job& job) {
  if (job.line.options.watch) return Watch(job).Run();
  v1::GetTopologyRequest request;
  request.set_cluster(job.line.options.cluster);
  const auto response = job.client.GetTopology(request, job.deadline);
  if (!response.ok()) return response.status();
  job.out << FormatAnswer(job, response->topology());
  return ExitCode::kAnswered;
}

}  // namespace slotplanner::cli
