// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "service/resp/resp_value.h"

namespace slotplanner {

// Where the search for keys begins, `begin_search` of a key specification.
// Terms and rules are those of "Command key specifications" in the Redis
// documentation.
struct BeginSearchIndex {
  int index;  // Argument position, at least 1; 0 is the command's name.

  friend bool operator==(const BeginSearchIndex&,
                         const BeginSearchIndex&) = default;
};
struct BeginSearchKeyword {
  std::string keyword;  // Upper or lower case alike; keys begin behind it.
  int start_from;  // Position to search from, never 0; negative counts from
                   // the end and searches backwards (rule B4).

  friend bool operator==(const BeginSearchKeyword&,
                         const BeginSearchKeyword&) = default;
};
struct BeginSearchUnknown {
  friend bool operator==(const BeginSearchUnknown&,
                         const BeginSearchUnknown&) = default;
};

// Which arguments are keys, `find_keys` of a key specification.
struct FindKeysRange {
  int last_key;  // Offset from the first key; negative counts from the end.
  int key_step;  // At least 1; 1 when keys are adjacent.
  int limit;     // With last_key -1: divides the arguments left, when > 1.

  friend bool operator==(const FindKeysRange&, const FindKeysRange&) = default;
};
struct FindKeysKeynum {
  int keynum_index;  // Offset of the argument that holds the number of keys.
  int first_key;     // Offset of the first key. Both offsets are at least 0.
  int key_step;      // At least 1.

  friend bool operator==(const FindKeysKeynum&,
                         const FindKeysKeynum&) = default;
};
struct FindKeysUnknown {
  friend bool operator==(const FindKeysUnknown&,
                         const FindKeysUnknown&) = default;
};

// One key specification of a command. Numbers outside the ranges above, or of
// more than six digits, make the specification unknown.
struct KeySpec {
  std::variant<BeginSearchIndex, BeginSearchKeyword, BeginSearchUnknown>
      begin_search = BeginSearchUnknown{};
  std::variant<FindKeysRange, FindKeysKeynum, FindKeysUnknown> find_keys =
      FindKeysUnknown{};
  bool not_key = false;     // Routed like a key but is none (B8).
  bool incomplete = false;  // May miss keys (B5).

  // Whether the server does not say where the keys are.
  bool is_unknown() const {
    return std::holds_alternative<BeginSearchUnknown>(begin_search) ||
           std::holds_alternative<FindKeysUnknown>(find_keys);
  }

  friend bool operator==(const KeySpec&, const KeySpec&) = default;
};

// Tip `request_policy`: to which nodes a command goes.
enum class RequestPolicy {
  kNone,
  kAllNodes,
  kAllShards,
  kMultiShard,
  kSpecial,
};

// Tip `response_policy`: how the replies of several nodes become one.
enum class ResponsePolicy {
  kNone,
  kOneSucceeded,
  kAllSucceeded,
  kAggLogicalAnd,
  kAggLogicalOr,
  kAggMin,
  kAggMax,
  kAggSum,
  kSpecial,
};

// What the server says about one command or subcommand. Immutable once in a
// catalog.
struct CommandInfo {
  // Lower case; a subcommand is `container|name`, such as `xgroup|create`.
  std::string name;
  // Number of arguments, the name included; negative means at least that many.
  int arity = 0;
  bool is_write = false;
  bool is_readonly = false;
  bool is_blocking = false;
  bool is_movable_keys = false;
  RequestPolicy request_policy = RequestPolicy::kNone;
  ResponsePolicy response_policy = ResponsePolicy::kNone;
  bool nondeterministic_output = false;        // Tip of that name.
  bool nondeterministic_output_order = false;  // Tip of that name.
  std::vector<KeySpec> key_specs;
  // By full name, as in `name`. Empty unless this is a container.
  std::vector<CommandInfo> subcommands;

  // Whether `argument_count`, the name included, is allowed.
  bool AllowsArgumentCount(size_t argument_count) const;

  friend bool operator==(const CommandInfo&, const CommandInfo&) = default;
};

// The commands of a cluster's nodes (rule B1). Immutable, hence thread-safe.
class CommandCatalog {
 public:
  // From a reply to COMMAND. Entries that are null (a command renamed away) are
  // passed over. A server before 7.0 tells neither key specifications nor tips:
  // those of Redis 7.0 stand in for the commands that it has. INVALID_ARGUMENT
  // when the reply is no such reply; an unknown flag, tip or search type is no
  // error but reads as unknown.
  static absl::StatusOr<CommandCatalog> FromCommandReply(
      const RespValue& reply);

  // The commands of Redis 7.0, for clusters that cannot be asked. Built at the
  // first call, then shared.
  static std::shared_ptr<const CommandCatalog> Redis70();

  // This catalog with the commands of `declared` in place of its own of the
  // same names, or beside them. A declared name `container|name` is a
  // subcommand; a container that is not there yet is made.
  CommandCatalog With(const CommandCatalog& declared) const;

  // The command of that name, in any case, or null. Never a subcommand.
  const CommandInfo* Find(std::string_view name) const;

  // The subcommand of `container`, in any case, or null.
  static const CommandInfo* FindSubcommand(const CommandInfo& container,
                                           std::string_view name);

  // All commands in ascending order of name, subcommands inside their
  // containers.
  const std::vector<CommandInfo>& commands() const { return commands_; }

  // The catalog as a reply to COMMAND in RESP2, with what it knows of that and
  // nothing else: `FromCommandReply` makes an equal catalog of it.
  const std::string& command_reply() const { return command_reply_; }

  // A fingerprint over all commands (see `Fingerprint`).
  const std::string& version() const { return version_; }

 private:
  // Names that differ in case only are equal and have one hash.
  struct NameHash {
    using is_transparent = void;  // NOLINT: Abseil's name.
    size_t operator()(std::string_view name) const;
  };
  struct NameEqual {
    using is_transparent = void;  // NOLINT: Abseil's name.
    bool operator()(std::string_view a, std::string_view b) const;
  };

  explicit CommandCatalog(std::vector<CommandInfo> commands);

  std::vector<CommandInfo> commands_;
  // Name in any case -> index into commands_.
  absl::flat_hash_map<std::string, size_t, NameHash, NameEqual> index_;
  std::string command_reply_;
  std::string version_;
};

}  // namespace slotplanner
