// SPDX-License-Identifier: Apache-2.0
#include "client/cli/command_line.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/cli/escapes.h"
#include "service/base/strings.h"

namespace slotplanner::cli {
namespace {

constexpr int kLastSlot = 16383;  // Of the cluster specification.

// A flag. `store` returns false when the value is none of the flag's.
struct Flag {
  std::string_view name;
  std::string_view value;  // What the manual calls it; empty for a switch.
  std::string_view help;
  std::string_view subcommands;  // Space-separated; empty means all of them.
  bool (*store)(std::string_view value, Options& options);
};

// The value of an enum whose name is `prefix` and then `value` in upper case.
template <typename Enum>
bool StoreEnum(bool (*parse)(const std::string&, Enum*),
               std::string_view prefix, std::string_view value, Enum& to) {
  return value != "unspecified" &&
         parse(
             absl::StrCat(ToAbsl(prefix), absl::AsciiStrToUpper(ToAbsl(value))),
             &to);
}

// A text that must not be empty; it implies `is_on`.
bool StoreTls(std::string_view value, bool& is_on, std::string& to) {
  is_on = true;
  to = value;
  return !value.empty();
}

// An integer in [1, max].
template <typename Integer>
bool StorePositive(std::string_view value, Integer max, Integer& to) {
  return absl::SimpleAtoi(ToAbsl(value), &to) && to >= 1 && to <= max;
}

// Slots and ranges of them, as in `0,100-199`.
bool StoreSlots(std::string_view value, std::vector<int>& to) {
  for (const absl::string_view item : absl::StrSplit(ToAbsl(value), ',')) {
    const std::pair<absl::string_view, absl::string_view> ends =
        absl::StrSplit(item, absl::MaxSplits('-', 1));
    const bool is_range = item.find('-') != absl::string_view::npos;
    int first = 0;
    int last = 0;
    if (!absl::SimpleAtoi(ends.first, &first) ||
        !absl::SimpleAtoi(is_range ? ends.second : ends.first, &last) ||
        first < 0 || last < first || last > kLastSlot) {
      return false;
    }
    for (int slot = first; slot <= last; ++slot) to.push_back(slot);
  }
  return true;
}

constexpr Flag kFlags[] = {
    {"server", "TARGET",
     "host:port or unix:PATH of the slotplanner server; by default\n"
     "$SLOTPLANNER_SERVER, else 127.0.0.1:50051",
     "",
     [](std::string_view value, Options& options) {
       options.server = value;
       return !value.empty();
     }},
    {"tls", "",
     "connect to the server by TLS, and let it prove who it is; each flag\n"
     "--tls_... implies it",
     "", [](std::string_view, Options& options) { return options.tls = true; }},
    {"tls_ca_file", "FILE",
     "the authorities to trust, in PEM, if not the system's", "",
     [](std::string_view value, Options& options) {
       return StoreTls(value, options.tls, options.tls_files.ca_file);
     }},
    {"tls_certificate_file", "FILE",
     "your certificate and its chain, in PEM, if the server asks for one", "",
     [](std::string_view value, Options& options) {
       return StoreTls(value, options.tls, options.tls_files.certificate_file);
     }},
    {"tls_key_file", "FILE", "the key of your certificate, in PEM", "",
     [](std::string_view value, Options& options) {
       return StoreTls(value, options.tls, options.tls_files.key_file);
     }},
    {"tls_server_name", "NAME",
     "the name in the server's certificate, if not the host of TARGET", "",
     [](std::string_view value, Options& options) {
       return StoreTls(value, options.tls, options.tls_files.server_name);
     }},
    {"token_file", "FILE",
     "its first line is your bearer token for the server; by default it is\n"
     "in $SLOTPLANNER_TOKEN, if there is one",
     "",
     [](std::string_view value, Options& options) {
       options.token_file = value;
       return !value.empty();
     }},
    {"cluster", "NAME", "the cluster, if not the server's default one", "",
     [](std::string_view value, Options& options) {
       options.cluster = value;
       return true;
     }},
    {"output", "text|json", "text for people, or JSON, one document a line", "",
     [](std::string_view value, Options& options) {
       options.output =
           value == "json" ? OutputFormat::kJson : OutputFormat::kText;
       return value == "json" || value == "text";
     }},
    {"timeout", "DURATION", "for everything together, as in 500ms; 5s", "",
     [](std::string_view value, Options& options) {
       return absl::ParseDuration(ToAbsl(value), &options.timeout) &&
              options.timeout > absl::ZeroDuration();
     }},
    {"escapes", "",
     "read \\xHH \\n \\r \\t \\a \\b \\\\ in arguments, with analyze in the\n"
     "lines of files, as redis-cli does between double quotes; without it\n"
     "they are taken as they are",
     "keyslot group plan exec explain advise analyze",
     [](std::string_view, Options& options) { return options.escapes = true; }},
    {"by", "slot|node", "what the keys of a group share; slot", "group",
     [](std::string_view value, Options& options) {
       return StoreEnum(v1::Grouping_Parse, "GROUPING_", value,
                        options.grouping);
     }},
    {"read_preference", "primary|replica|nearest",
     "which node of a shard serves reads; primary", "group plan exec",
     [](std::string_view value, Options& options) {
       return StoreEnum(v1::ReadPreference_Parse, "READ_PREFERENCE_", value,
                        options.read_preference);
     }},
    {"zone", "NAME", "your availability zone, for --read_preference=nearest",
     "group plan exec",
     [](std::string_view value, Options& options) {
       options.zone = value;
       return true;
     }},
    {"split_policy", "atomic|split|emulate",
     "what may be done to a command over several slots; split", "plan exec",
     [](std::string_view value, Options& options) {
       return StoreEnum(v1::SplitPolicy_Parse, "SPLIT_POLICY_", value,
                        options.split_policy);
     }},
    {"file", "FILE|-",
     "read commands from there or from standard input, one a line, in place\n"
     "of one on the command line",
     "plan exec advise",
     [](std::string_view value, Options& options) {
       options.file = value;
       return !value.empty();
     }},
    {"shards", "N",
     "as if the cluster were this many shards of even size, 1 to 1000, with\n"
     "as many slots as can be where they are",
     "plan analyze",
     [](std::string_view value, Options& options) {
       return absl::SimpleAtoi(ToAbsl(value), &options.what_if_shards) &&
              options.what_if_shards > 0;
     }},
    {"topology", "FILE|-",
     "as if the cluster were the one that answered what is in the file, or on\n"
     "standard input, to CLUSTER NODES or CLUSTER SHARDS; as bytes of the\n"
     "node, or in any form that redis-cli shows",
     "plan analyze",
     [](std::string_view value, Options& options) {
       options.what_if_file = value;
       return !value.empty();
     }},
    {"redis_user", "NAME", "the ACL user for the nodes, if not the default one",
     "exec analyze",
     [](std::string_view value, Options& options) {
       options.redis_user = value;
       return !value.empty();
     }},
    {"redis_password_file", "FILE",
     "holds the password for the nodes; by default it is in\n"
     "$SLOTPLANNER_REDIS_PASSWORD, if there is one",
     "exec analyze",
     [](std::string_view value, Options& options) {
       options.redis_password_file = value;
       return !value.empty();
     }},
    {"redis_tls", "",
     "connect to the nodes by TLS, and let them prove who they are; the flags\n"
     "below imply it",
     "exec analyze",
     [](std::string_view, Options& options) {
       return options.redis_tls = true;
     }},
    {"redis_tls_ca_file", "FILE",
     "the authorities to trust, in PEM, if not the system's", "exec analyze",
     [](std::string_view value, Options& options) {
       return StoreTls(value, options.redis_tls,
                       options.redis_tls_files.ca_file);
     }},
    {"redis_tls_certificate_file", "FILE",
     "your certificate and its chain, in PEM, if nodes ask for one",
     "exec analyze",
     [](std::string_view value, Options& options) {
       return StoreTls(value, options.redis_tls,
                       options.redis_tls_files.certificate_file);
     }},
    {"redis_tls_key_file", "FILE", "the key of your certificate, in PEM",
     "exec analyze",
     [](std::string_view value, Options& options) {
       return StoreTls(value, options.redis_tls,
                       options.redis_tls_files.key_file);
     }},
    {"redis_tls_server_name", "NAME",
     "the name in the certificates of the nodes, if not the host that is\n"
     "connected to",
     "exec analyze",
     [](std::string_view value, Options& options) {
       return StoreTls(value, options.redis_tls,
                       options.redis_tls_files.server_name);
     }},
    {"address_map", "FROM=TO,...",
     "where to find the nodes that redirections name, or with analyze those "
     "of\n"
     "the topology: host:port=host:port or host=host; the server has an\n"
     "address map of its own for its plans",
     "exec analyze",
     [](std::string_view value, Options& options) {
       options.address_map = value;
       return !value.empty();
     }},
    {"watch", "",
     "go on and print each new topology, until interrupted; --timeout does\n"
     "not apply",
     "topology",
     [](std::string_view, Options& options) { return options.watch = true; }},
    {"slots", "SLOT|FIRST-LAST,...", "slots that tags may hash to", "tags",
     [](std::string_view value, Options& options) {
       return StoreSlots(value, options.slots);
     }},
    {"nodes", "NODE,...",
     "nodes, each by host:port or node ID: tags may hash to the slots of\n"
     "their shards",
     "tags",
     [](std::string_view value, Options& options) {
       options.nodes = absl::StrSplit(ToAbsl(value), ',');
       return !value.empty();
     }},
    {"except_slots", "SLOT|FIRST-LAST,...", "slots that no tag may hash to",
     "tags",
     [](std::string_view value, Options& options) {
       return StoreSlots(value, options.except_slots);
     }},
    {"count", "N", "how many tags; one for each slot and node that is named",
     "tags",
     [](std::string_view value, Options& options) {
       return absl::SimpleAtoi(ToAbsl(value), &options.count) &&
              options.count > 0;
     }},
    {"max_suggestions", "N", "how many for each group at most, up to 20; 3",
     "advise",
     [](std::string_view value, Options& options) {
       return absl::SimpleAtoi(ToAbsl(value), &options.max_suggestions) &&
              options.max_suggestions > 0;
     }},
    {"allow_split", "",
     "let commands pass that a plan splits, though their keys may be in\n"
     "several slots",
     "lint",
     [](std::string_view, Options& options) {
       return options.allow_split = true;
     }},
    {"match", "PATTERN", "the keys of the live cluster that match, by SCAN",
     "analyze",
     [](std::string_view value, Options& options) {
       options.match = value;
       return !value.empty();
     }},
    {"scan_count", "N",
     "how many keys a node looks at for each SCAN, up to 100,000; 1,000",
     "analyze",
     [](std::string_view value, Options& options) {
       return StorePositive<int64_t>(value, 100'000, options.scan_count);
     }},
    {"scan_rate", "N",
     "how many keys a second all nodes together look at, at most; 100,000.\n"
     "Each SCAN takes scan_count of them from a bucket that N a second fill,\n"
     "and that holds those of a tenth of a second",
     "analyze",
     [](std::string_view value, Options& options) {
       return StorePositive<int64_t>(value, 1'000'000'000, options.scan_rate);
     }},
    {"replicas", "",
     "scan a replica of each shard, its primary only if no replica can be\n"
     "reached",
     "analyze",
     [](std::string_view, Options& options) {
       return options.scans_replicas = true;
     }},
    {"memory", "",
     "weigh keys by their bytes, by MEMORY USAGE with 5 samples; these calls\n"
     "come on top of scan_rate",
     "analyze",
     [](std::string_view, Options& options) {
       return options.has_memory = true;
     }},
    {"memory_every", "N",
     "weigh one in N keys, and take it for N of them; implies --memory",
     "analyze",
     [](std::string_view value, Options& options) {
       options.has_memory = true;
       return StorePositive<int64_t>(value, 1'000'000, options.memory_every);
     }},
    {"commands", "FILE|-",
     "read commands from there or from standard input, one a line", "analyze",
     [](std::string_view value, Options& options) {
       options.commands_file = value;
       return !value.empty();
     }},
    {"weights", "", "a weight stands before each key, in [0, 2^40]", "analyze",
     [](std::string_view, Options& options) {
       return options.has_weights = true;
     }},
    {"max_entries", "N", "how long each list is at most, up to 1,000; 20",
     "analyze",
     [](std::string_view value, Options& options) {
       return StorePositive(value, 1000, options.max_entries);
     }},
    {"show_keys", "",
     "hash tags, and keys without their numbers, may be in what is printed",
     "analyze",
     [](std::string_view, Options& options) {
       return options.show_keys = true;
     }},
    {"strict", "",
     "stop at the first line that cannot be read; without it, such lines are\n"
     "counted, and the first 5 shown by their numbers",
     "analyze",
     [](std::string_view, Options& options) {
       return options.is_strict = true;
     }},
    {"report", "FILE.html",
     "write a page for a browser, too: one file that loads nothing. It has\n"
     "bytes of keys only with --show_keys",
     "analyze",
     [](std::string_view value, Options& options) {
       options.report_file = value;
       return !value.empty();
     }},
    {"help", "", "print this", "",
     [](std::string_view, Options& options) { return options.help = true; }},
};

bool TakesFlag(std::string_view subcommand, const Flag& flag) {
  const std::string padded = absl::StrCat(" ", ToAbsl(flag.subcommands), " ");
  const std::string word = absl::StrCat(" ", ToAbsl(subcommand), " ");
  return flag.subcommands.empty() || padded.find(word) != std::string::npos;
}

absl::Status WrongUsage(std::string_view message, std::string_view word) {
  return absl::InvalidArgumentError(
      absl::StrCat(ToAbsl(message), " ", ToAbsl(word)));
}

// Takes the flags off the front of `words`, and a `--` behind them.
absl::Status TakeFlags(std::span<const std::string_view>& words,
                       Options& options, std::vector<const Flag*>& taken) {
  while (!words.empty() && words[0].substr(0, 2) == "--") {
    const std::string_view word = words[0];
    words = words.subspan(1);
    if (word == "--") break;
    const size_t equals = std::min(word.find('='), word.size());
    std::string name(word.substr(2, equals - 2));
    std::replace(name.begin(), name.end(), '-', '_');
    const bool has_value = equals < word.size();
    std::string_view value = has_value ? word.substr(equals + 1) : "";
    const Flag* const flag =
        std::find_if(std::begin(kFlags), std::end(kFlags),
                     [&name](const Flag& f) { return f.name == name; });
    if (flag == std::end(kFlags)) {
      return WrongUsage("there is no flag", word.substr(0, equals));
    }
    if (flag->value.empty()) {
      if (has_value) return WrongUsage("no value belongs in", word);
    } else if (!has_value) {
      if (words.empty()) return WrongUsage("a value is missing after", word);
      value = words[0];
      words = words.subspan(1);
    }
    if (!flag->store(value, options)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", name, " must be ", ToAbsl(flag->value), ", not \"",
                       ToAbsl(value), "\""));
    }
    taken.push_back(flag);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(
    std::span<const std::string_view> words, Options options) {
  CommandLine line{.subcommand = {}, .options = std::move(options), .args = {}};
  std::vector<const Flag*> taken;
  absl::Status status = TakeFlags(words, line.options, taken);
  if (!status.ok()) return status;
  if (words.empty()) {
    if (line.options.help) return line;
    return absl::InvalidArgumentError("a subcommand is missing");
  }
  line.subcommand = words[0];
  words = words.subspan(1);
  status = TakeFlags(words, line.options, taken);
  if (!status.ok()) return status;
  for (const Flag* flag : taken) {
    if (!TakesFlag(line.subcommand, *flag)) {
      return absl::InvalidArgumentError(absl::StrCat(
          line.subcommand, " takes no flag --", ToAbsl(flag->name)));
    }
  }
  // There they are files, whose lines have the escapes.
  const bool has_escapes = line.options.escapes && line.subcommand != "analyze";
  for (const std::string_view word : words) {
    if (!has_escapes) {
      line.args.emplace_back(word);
      continue;
    }
    auto decoded = DecodeEscapes(word);
    if (!decoded.ok()) return decoded.status();
    line.args.push_back(*std::move(decoded));
  }
  return line;
}

std::string FlagsHelp(std::string_view subcommand) {
  std::string help = "Flags:\n";
  for (const Flag& flag : kFlags) {
    if (!TakesFlag(subcommand, flag)) continue;
    absl::StrAppend(&help, "  --", ToAbsl(flag.name));
    if (!flag.value.empty()) absl::StrAppend(&help, "=", ToAbsl(flag.value));
    help += "\n      ";
    for (const char c : flag.help) {
      help += c;
      if (c == '\n') help += "      ";
    }
    help += '\n';
  }
  return help;
}

}  // namespace slotplanner::cli
