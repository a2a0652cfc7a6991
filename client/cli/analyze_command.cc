// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <fstream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slotplanner/v1/advisor_service.pb.h"

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/analysis_facts.h"
#include "client/cli/analysis_input.h"
#include "client/cli/analysis_output.h"
#include "client/cli/cluster_scan.h"
#include "client/cli/interruption.h"
#include "client/cli/scan_facts.h"
#include "client/cli/scan_progress.h"
#include "client/cli/slot_watch.h"
#include "client/cli/subcommands.h"
#include "client/cli/text_format.h"
#include "client/cli/workload_input.h"
#include "client/cpp/node_connections.h"
#include "client/local/read_snapshot.h"
#include "service/advice/key_counts.h"
#include "service/advice/workload_counts.h"
#include "service/answers/key_analysis_answer.h"
#include "service/answers/what_if.h"
#include "service/answers/workload_answer.h"

namespace slotplanner::cli {
namespace {

// The topologies to look places up in. Null: there is none.
struct Basis {
  std::shared_ptr<const ClusterSnapshot> current;
  std::shared_ptr<const ClusterSnapshot> what_if;

  KeyAnalysisBasis ForKeys() const {
    return {.current = current.get(),
            .what_if = what_if == nullptr ? nullptr : what_if->topology.get()};
  }
};

// What is wrong with how the flags and arguments go together; empty if nothing.
std::string MistakeIn(const CommandLine& line) {
  const Options& options = line.options;
  const int sources = static_cast<int>(!line.args.empty()) +
                      static_cast<int>(!options.match.empty()) +
                      static_cast<int>(!options.commands_file.empty());
  if (sources != 1) {
    return "analyze takes either files of keys, --match or --commands";
  }
  if (options.has_weights && line.args.empty()) {
    return "--weights belongs to files of keys";
  }
  if (options.escapes && line.args.empty()) {
    return "--escapes belongs to files of keys";
  }
  if (options.match.empty() && (options.has_memory || options.scans_replicas)) {
    return "--memory and --replicas belong to --match";
  }
  int readers_of_input = static_cast<int>(options.what_if_file == "-") +
                         static_cast<int>(options.commands_file == "-");
  for (const std::string& file : line.args) {
    readers_of_input += static_cast<int>(file == "-");
  }
  if (readers_of_input > 1) return "standard input can be read only once";
  return "";
}

// Opens `name`, or takes standard input for `-`, and reads all of it. What
// `read` returned; INVALID_ARGUMENT when there is no such file.
absl::StatusOr<bool> WithFile(
    const std::string& name, std::istream& standard_input,
    absl::FunctionRef<absl::StatusOr<bool>(std::istream& in,
                                           const std::string& shown_name)>
        read) {
  if (name == "-") return read(standard_input, "standard input");
  std::ifstream file(name, std::ios::binary);
  if (!file) return absl::InvalidArgumentError("cannot read " + name);
  return read(file, name);
}

// Whether a call failed because there is no topology to be had, not because
// something is wrong with the call.
bool MeansNoTopology(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable ||
         status.code() == absl::StatusCode::kDeadlineExceeded ||
         status.code() == absl::StatusCode::kFailedPrecondition;
}

class Analysis {
 public:
  explicit Analysis(const Job& job)
      : job_(job),
        options_(job.line.options),
        bad_(job.err, options_.is_strict) {
    settings_.set_cluster(options_.cluster);
    settings_.set_max_entries(options_.max_entries);
    settings_.set_show_keys(options_.show_keys);
  }

  absl::StatusOr<ExitCode> Run() {
    if (const std::string mistake = MistakeIn(job_.line); !mistake.empty()) {
      return WrongUsage(mistake);
    }
    if (!options_.match.empty()) return Scan();
    return options_.commands_file.empty() ? CountKeys() : CountCommands();
  }

 private:
  ExitCode WrongUsage(std::string_view message) {
    job_.err << "slotplanner: " << message << "; try slotplanner --help\n";
    return ExitCode::kWrongUsage;
  }

  // A hypothetical topology need not have the commands of the cluster, nor be
  // compared with it: `may_lack` says whether it, or none, will do.
  absl::Status ReadBasis(bool may_lack) {
    auto current = ReadSnapshot(job_.client, options_.cluster, job_.deadline);
    if (current.ok()) {
      basis_.current = *std::move(current);
    } else if (!may_lack || !MeansNoTopology(current.status())) {
      return current.status();
    } else {
      job_.err << "slotplanner: the cluster's topology is not known: "
               << FormatStatus(current.status()) << '\n';
    }
    if (!job_.what_if) return absl::OkStatus();
    HypotheticalSnapshot made = MakeHypotheticalSnapshot(
        *job_.what_if, "what_if", basis_.current.get());
    if (made.error) return ToAbslStatus(*made.error);
    basis_.what_if = std::move(made.snapshot);
    return absl::OkStatus();
  }

  absl::StatusOr<ExitCode> CountKeys() {
    const absl::Status status = ReadBasis(/*may_lack=*/true);
    if (!status.ok()) return status;
    KeyCounts counts;
    const KeyLineFormat format{.has_escapes = options_.escapes,
                               .has_weights = options_.has_weights};
    for (const std::string& file : job_.line.args) {
      const auto read = WithFile(
          file, job_.in, [&](std::istream& in, const std::string& name) {
            return ReadKeyLines(
                in, name, format, bad_, lines_,
                [&counts](std::string_view key, int64_t weight) {
                  counts.Add(key, weight);
                });
          });
      if (!read.ok()) return WrongUsage(std::string(read.status().message()));
      if (!*read) return ExitCode::kWrongUsage;
    }
    AddLineFacts();
    return AnswerKeys(counts, ExitCode::kAnswered);
  }

  absl::StatusOr<ExitCode> CountCommands() {
    const absl::Status status = ReadBasis(job_.what_if.has_value());
    if (!status.ok()) return status;
    if (basis_.current == nullptr) {
      basis_.current = std::exchange(basis_.what_if, nullptr);
    }
    WorkloadCounts counts;
    const auto read = WithFile(
        options_.commands_file, job_.in,
        [&](std::istream& in, const std::string& name) {
          return ReadWorkload(in, name, bad_, lines_,
                              [&](std::span<const CommandArgs> commands) {
                                counts.Add(*basis_.current, commands,
                                           basis_.what_if.get());
                              });
        });
    if (!read.ok()) return WrongUsage(std::string(read.status().message()));
    if (!*read) return ExitCode::kWrongUsage;
    AddLineFacts();
    v1::AnalyzeWorkloadResponse response;
    FillWorkloadAnalysis(counts, basis_.ForKeys(), settings_, response);
    return Answer("Commands of a Redis Cluster", response, ExitCode::kAnswered);
  }

  absl::StatusOr<ExitCode> Scan() {
    absl::Status status = ReadBasis(/*may_lack=*/false);
    if (!status.ok()) return status;
    const ClusterSnapshot& beginning = *basis_.current;
    const ClusterScanOptions scan_options{
        .nodes = {.match = options_.match,
                  .count = options_.scan_count,
                  .with_memory = options_.has_memory,
                  .memory_every = options_.memory_every},
        .keys_per_second = static_cast<double>(options_.scan_rate),
        .from_replicas = options_.scans_replicas,
        .address_map = job_.node_access.address_map};
    NodeConnections connections(job_.node_access.connections);
    SlotWatch watch(*beginning.topology);
    watch.SeeMigrations(beginning.migrations);
    KeyCounts counts;
    ProgressLine progress_line(job_.err, job_.environment.is_err_terminal);
    const Interruption interruption;
    const ClusterScanResult result = ScanCluster(
        *beginning.topology, scan_options, connections, watch,
        [&counts](std::string_view key, int64_t weight) {
          counts.Add(key, weight);
        },
        [&](const ScanProgress& progress) {
          progress_line.Show(progress);
          return !interruption.has_come();
        });
    progress_line.Finish(result.progress);
    SeeEnd(watch);
    facts_ = FactsOf(result, watch);
    const bool is_whole =
        !result.was_stopped && result.incomplete_shards.empty();
    return AnswerKeys(
        counts, is_whole ? ExitCode::kAnswered : ExitCode::kRefusedOrFailed);
  }

  // The nodes have told of their slots already; the server may know more.
  void SeeEnd(SlotWatch& watch) {
    const auto end = ReadSnapshot(job_.client, options_.cluster,
                                  absl::Now() + options_.timeout);
    if (!end.ok()) {
      job_.err << "slotplanner: the topology was not read again: "
               << FormatStatus(end.status()) << '\n';
      return;
    }
    watch.SeeTopology(*(*end)->topology);
    watch.SeeMigrations((*end)->migrations);
  }

  void AddLineFacts() {
    facts_.AddCount("lines", "lines", lines_.lines);
    facts_.AddCount("badLines", "bad lines", bad_.count());
    facts_.AddCount("blankLines", "blank lines", lines_.blank);
    if (!options_.commands_file.empty()) {
      facts_.AddCount("scriptCommands", "commands of scripts, passed over",
                      lines_.of_scripts);
    }
  }

  absl::StatusOr<ExitCode> AnswerKeys(const KeyCounts& counts, ExitCode code) {
    v1::AnalyzeKeysResponse response;
    FillKeyAnalysis(counts, basis_.ForKeys(), settings_, response);
    return Answer("Keys of a Redis Cluster", response, code);
  }

  // Prints the answer, and writes the report if one is wanted.
  template <typename Response>
  absl::StatusOr<ExitCode> Answer(std::string_view title,
                                  const Response& response, ExitCode code) {
    job_.out << FormatAnalysis(response, facts_, options_.output,
                               TextStyleOf(job_.environment));
    if (options_.report_file.empty()) return code;
    const absl::Status written = WriteReport(
        options_.report_file, title, response, facts_, basis_.current.get());
    if (!written.ok()) return written;
    return code;
  }

  const Job& job_;
  const Options& options_;
  v1::AnalysisSettings settings_;
  Basis basis_;
  BadLines bad_;
  LineCounts lines_;
  AnalysisFacts facts_;
};

}  // namespace

absl::StatusOr<ExitCode> RunAnalyze(const Job& job) {
  return Analysis(job).Run();
}

}  // namespace slotplanner::cli
