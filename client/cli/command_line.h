// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slotplanner/v1/slot_planner_service.pb.h"
#include "slotplanner/v1/topology.pb.h"

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/resp/tls_context.h"

namespace slotplanner::cli {

enum class OutputFormat { kText, kJson };

// The flags, those of all subcommands together.
struct Options {
  std::string server = "127.0.0.1:50051";
  bool tls = false;
  TlsFiles tls_files = {};  // With `tls`.
  std::string token_file = {};
  std::string cluster = {};
  OutputFormat output = OutputFormat::kText;
  absl::Duration timeout = absl::Seconds(5);
  bool escapes = false;
  v1::Grouping grouping = v1::GROUPING_SLOT;
  v1::ReadPreference read_preference = v1::READ_PREFERENCE_PRIMARY;
  std::string zone = {};
  v1::SplitPolicy split_policy = v1::SPLIT_POLICY_SPLIT;
  std::string file = {};  // Empty means that the arguments are the command.
  std::string redis_user = {};
  std::string redis_password_file = {};
  bool redis_tls = false;
  TlsFiles redis_tls_files = {};  // With `redis_tls`.
  std::string address_map = {};   // FROM=TO,...
  bool watch = false;
  std::vector<int> slots = {};
  std::vector<int> except_slots = {};
  std::vector<std::string> nodes = {};
  int count = 0;  // As many as slots and nodes are named.
  int max_suggestions = 3;
  int what_if_shards = 0;         // 0 means not given.
  std::string what_if_file = {};  // Empty means not given; - standard input.
  bool allow_split = false;
  std::string match = {};  // Empty means not given.
  int64_t scan_count = 1000;
  int64_t scan_rate = 100'000;
  bool scans_replicas = false;
  bool has_memory = false;
  int64_t memory_every = 1;
  std::string commands_file = {};  // Empty means not given; - standard input.
  bool has_weights = false;
  int max_entries = 20;
  bool show_keys = false;
  bool is_strict = false;
  std::string report_file = {};  // Empty means not given.
  bool help = false;
};

// A command line of the tool, parsed.
struct CommandLine {
  std::string subcommand;  // Empty only if `options.help`.
  Options options;
  // The subcommand's arguments, with `--escapes` decoded unless they are files.
  std::vector<std::string> args;
};

// Parses the words behind the program's name:
//
//   [FLAG...] SUBCOMMAND [FLAG...] [--] [ARGUMENT...]
//
// A flag is `--name=value` or `--name value`; in its name `-` stands for `_`.
// The first word that is none ends the flags, so arguments may begin with
// dashes; so does `--`. `options` holds the defaults. INVALID_ARGUMENT says in
// one line what is wrong; whether there is such a subcommand is not checked,
// but that the flags are among its own.
absl::StatusOr<CommandLine> ParseCommandLine(
    std::span<const std::string_view> words, Options options);

// The lines of a manual about the flags that `subcommand` takes.
std::string FlagsHelp(std::string_view subcommand);

}  // namespace slotplanner::cli
