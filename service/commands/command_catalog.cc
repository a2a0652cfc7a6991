// SPDX-License-Identifier: Apache-2.0
#include "service/commands/command_catalog.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "service/base/fingerprint.h"
#include "service/base/strings.h"
#include "service/commands/command_reply.h"
#include "service/resp/resp_parser.h"
#include "service/resp/resp_reply.h"

namespace slotplanner {

// Generated from redis_7_0_commands.resp.
extern const std::string_view kRedis70Commands;

namespace {

// Positions in an entry of the COMMAND reply. From the Redis documentation of
// COMMAND, "Extra: Key specifications" and the sections before it.
constexpr size_t kName = 0;
constexpr size_t kArity = 1;
constexpr size_t kFlags = 2;
constexpr size_t kFirstKey = 3;
constexpr size_t kLastKey = 4;
constexpr size_t kKeyStep = 5;
constexpr size_t kTips = 7;  // From here on since Redis 7.0.
constexpr size_t kKeySpecs = 8;
constexpr size_t kSubcommands = 9;
constexpr size_t kLeastFields = 6;

// Names longer than this are none; the longest of Redis 7.0, a subcommand, has
// 29 characters. It keeps look-ups off the heap.
constexpr size_t kMaxNameBytes = 128;

absl::Status BadReply(std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("The reply to COMMAND is not usable: ", ToAbsl(what), "."));
}

// The value of `key` in a map that RESP2 carries as a flat array, or null.
const RespValue* FindField(const RespValue& map, std::string_view key) {
  for (size_t i = 0; i + 1 < map.elements.size(); i += 2) {
    if (map.elements[i].text == key) return &map.elements[i + 1];
  }
  return nullptr;
}

// The integer field `key` of `map` if it is there and within [-999999, 999999].
std::optional<int> IntField(const RespValue& map, std::string_view key) {
  const RespValue* field = FindField(map, key);
  if (field == nullptr || !field->is_integer()) return std::nullopt;
  if (field->integer < -999'999 || field->integer > 999'999) {
    return std::nullopt;
  }
  return static_cast<int>(field->integer);
}

void ReadBeginSearch(const RespValue& value, KeySpec& spec) {
  const RespValue* type = FindField(value, "type");
  const RespValue* details = FindField(value, "spec");
  if (type == nullptr || details == nullptr) return;
  if (type->text == "index") {
    const auto index = IntField(*details, "index");
    if (index && *index >= 1) spec.begin_search = BeginSearchIndex{*index};
  } else if (type->text == "keyword") {
    const RespValue* keyword = FindField(*details, "keyword");
    const auto start_from = IntField(*details, "startfrom");
    if (keyword != nullptr && !keyword->text.empty() && start_from &&
        *start_from != 0) {
      spec.begin_search = BeginSearchKeyword{keyword->text, *start_from};
    }
  }
}

void ReadFindKeys(const RespValue& value, KeySpec& spec) {
  const RespValue* type = FindField(value, "type");
  const RespValue* details = FindField(value, "spec");
  if (type == nullptr || details == nullptr) return;
  const auto key_step = IntField(*details, "keystep");
  if (!key_step || *key_step < 1) return;
  if (type->text == "range") {
    const auto last_key = IntField(*details, "lastkey");
    const auto limit = IntField(*details, "limit");
    if (last_key && limit) {
      spec.find_keys = FindKeysRange{*last_key, *key_step, *limit};
    }
  } else if (type->text == "keynum") {
    const auto keynum_index = IntField(*details, "keynumidx");
    const auto first_key = IntField(*details, "firstkey");
    if (keynum_index && first_key && *keynum_index >= 0 && *first_key >= 0) {
      spec.find_keys = FindKeysKeynum{*keynum_index, *first_key, *key_step};
    }
  }
}

KeySpec ReadKeySpec(const RespValue& value) {
  KeySpec spec;
  if (const RespValue* flags = FindField(value, "flags")) {
    for (const RespValue& flag : flags->elements) {
      if (flag.text == "not_key") spec.not_key = true;
      if (flag.text == "incomplete") spec.incomplete = true;
    }
  }
  if (const RespValue* begin_search = FindField(value, "begin_search")) {
    ReadBeginSearch(*begin_search, spec);
  }
  if (const RespValue* find_keys = FindField(value, "find_keys")) {
    ReadFindKeys(*find_keys, spec);
  }
  return spec;
}

// Servers before 7.0 tell first key, last key and step only, and of commands
// with movable keys not even that.
std::vector<KeySpec> LegacyKeySpecs(const RespValue& entry,
                                    bool is_movable_keys) {
  if (is_movable_keys) return {KeySpec{}};
  const int64_t first = entry.elements[kFirstKey].integer;
  const int64_t last = entry.elements[kLastKey].integer;
  const int64_t step = entry.elements[kKeyStep].integer;
  if (first < 1 || first > 999'999 || step < 1 || step > 999'999 ||
      last < -999'999 || last > 999'999 || (last >= 0 && last < first)) {
    return {};
  }
  KeySpec spec;
  spec.begin_search = BeginSearchIndex{static_cast<int>(first)};
  spec.find_keys = FindKeysRange{
      .last_key = static_cast<int>(last < 0 ? last : last - first),
      .key_step = static_cast<int>(step),
      .limit = 0};
  return {spec};
}

RequestPolicy ReadRequestPolicy(absl::string_view name) {
  if (name == "all_nodes") return RequestPolicy::kAllNodes;
  if (name == "all_shards") return RequestPolicy::kAllShards;
  if (name == "multi_shard") return RequestPolicy::kMultiShard;
  return RequestPolicy::kSpecial;
}

ResponsePolicy ReadResponsePolicy(absl::string_view name) {
  if (name == "one_succeeded") return ResponsePolicy::kOneSucceeded;
  if (name == "all_succeeded") return ResponsePolicy::kAllSucceeded;
  if (name == "agg_logical_and") return ResponsePolicy::kAggLogicalAnd;
  if (name == "agg_logical_or") return ResponsePolicy::kAggLogicalOr;
  if (name == "agg_min") return ResponsePolicy::kAggMin;
  if (name == "agg_max") return ResponsePolicy::kAggMax;
  if (name == "agg_sum") return ResponsePolicy::kAggSum;
  return ResponsePolicy::kSpecial;
}

void ReadTips(const RespValue& tips, CommandInfo& info) {
  for (const RespValue& tip : tips.elements) {
    absl::string_view text = tip.text;
    if (absl::ConsumePrefix(&text, "request_policy:")) {
      info.request_policy = ReadRequestPolicy(text);
    } else if (absl::ConsumePrefix(&text, "response_policy:")) {
      info.response_policy = ReadResponsePolicy(text);
    } else if (text == "nondeterministic_output") {
      info.nondeterministic_output = true;
    } else if (text == "nondeterministic_output_order") {
      info.nondeterministic_output_order = true;
    }
  }
}

void ReadFlags(const RespValue& flags, CommandInfo& info) {
  for (const RespValue& flag : flags.elements) {
    if (flag.text == "write") info.is_write = true;
    if (flag.text == "readonly") info.is_readonly = true;
    if (flag.text == "blocking") info.is_blocking = true;
    if (flag.text == "movablekeys") info.is_movable_keys = true;
  }
}

bool ByName(const CommandInfo& a, const CommandInfo& b) {
  return a.name < b.name;
}

// Where `name` is, or belongs, in commands that ascend by name.
std::vector<CommandInfo>::const_iterator PlaceOf(
    std::string_view name, const std::vector<CommandInfo>& commands) {
  return std::lower_bound(commands.begin(), commands.end(), name,
                          [](const CommandInfo& info, std::string_view n) {
                            return info.name < n;
                          });
}

const CommandInfo* FindByName(std::string_view name,
                              const std::vector<CommandInfo>& commands) {
  const auto place = PlaceOf(name, commands);
  return place == commands.end() || place->name != name ? nullptr : &*place;
}

// Puts `info` in the place of the command of its name, or where it belongs.
void PutByName(const CommandInfo& info, std::vector<CommandInfo>& commands) {
  const auto place = PlaceOf(info.name, commands);
  const auto index = place - commands.begin();
  if (place != commands.end() && place->name == info.name) {
    commands[static_cast<size_t>(index)] = info;
  } else {
    commands.insert(place, info);
  }
}

// The entries of a COMMAND reply, or of the subcommands in one of its entries.
// Requires: `reply` is an array. Subcommands hold no subcommands of their own.
absl::StatusOr<std::vector<CommandInfo>> ReadCommands(const RespValue& reply,
                                                      bool are_subcommands) {
  std::vector<CommandInfo> commands;
  commands.reserve(reply.elements.size());
  for (const RespValue& entry : reply.elements) {
    if (entry.is_nil()) continue;  // A command that was renamed away.
    const auto& fields = entry.elements;
    if (fields.size() < kLeastFields || !fields[kName].is_text() ||
        !fields[kArity].is_integer() || !fields[kFlags].is_array()) {
      return BadReply("an entry is not [name, arity, flags, ...]");
    }
    CommandInfo info;
    info.name = absl::AsciiStrToLower(fields[kName].text);
    if (info.name.empty() || info.name.size() > kMaxNameBytes) {
      return BadReply("a command's name is empty or too long");
    }
    if (std::abs(fields[kArity].integer) > 999'999) {
      return BadReply("a command's arity is out of range");
    }
    info.arity = static_cast<int>(fields[kArity].integer);
    ReadFlags(fields[kFlags], info);
    if (fields.size() > kTips) ReadTips(fields[kTips], info);
    if (fields.size() > kKeySpecs) {
      for (const RespValue& spec : fields[kKeySpecs].elements) {
        info.key_specs.push_back(ReadKeySpec(spec));
      }
    } else if (const CommandInfo* known =
                   CommandCatalog::Redis70()->Find(info.name)) {
      // What an older server leaves out has not changed since.
      info = *known;
    } else {
      info.key_specs = LegacyKeySpecs(entry, info.is_movable_keys);
    }
    if (fields.size() > kSubcommands && !are_subcommands) {
      auto subcommands = ReadCommands(fields[kSubcommands], true);
      if (!subcommands.ok()) return subcommands.status();
      info.subcommands = *std::move(subcommands);
    }
    commands.push_back(std::move(info));
  }
  std::sort(commands.begin(), commands.end(), ByName);
  for (size_t i = 1; i < commands.size(); ++i) {
    if (commands[i].name == commands[i - 1].name) {
      return BadReply("a command stands there twice");
    }
  }
  return commands;
}

// `name` in lower case, in a buffer that a look-up keeps on the stack.
class LowerName {
 public:
  // Requires: parts together are at most kMaxNameBytes.
  void Append(std::string_view part) {
    for (const char c : part) {
      buffer_[size_++] = absl::ascii_tolower(static_cast<unsigned char>(c));
    }
  }
  absl::string_view text() const { return {buffer_.data(), size_}; }

 private:
  std::array<char, kMaxNameBytes> buffer_;
  size_t size_ = 0;
};

constexpr uint64_t kOddFactor = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio.

// A number made of the first and the last bytes of `name`, as many as a Word
// has, in any case. They overlap in a short name: two loads of a fixed size are
// faster than a loop, or than memcpy of any size.
template <typename Word>
uint64_t MixEnds(std::string_view name) {
  Word first;
  Word last;
  std::memcpy(&first, name.data(), sizeof(Word));
  std::memcpy(&last, name.data() + name.size() - sizeof(Word), sizeof(Word));
  // Folds letters, and a few other bytes into one.
  constexpr uint64_t kCaseBits = 0x2020202020202020;
  return (first | kCaseBits) * kOddFactor + (last | kCaseBits);
}

}  // namespace

bool CommandInfo::AllowsArgumentCount(size_t argument_count) const {
  const auto needed = static_cast<size_t>(std::abs(arity));
  return arity < 0 ? argument_count >= needed : argument_count == needed;
}

size_t CommandCatalog::NameHash::operator()(std::string_view name) const {
  uint64_t ends = 0;
  if (name.size() >= sizeof(uint64_t)) {
    ends = MixEnds<uint64_t>(name);
  } else if (name.size() >= sizeof(uint32_t)) {
    ends = MixEnds<uint32_t>(name);
  } else if (name.size() >= sizeof(uint16_t)) {
    ends = MixEnds<uint16_t>(name);
  }
  const uint64_t mixed = (ends + name.size()) * kOddFactor;
  return mixed ^ mixed >> 32;
}

bool CommandCatalog::NameEqual::operator()(std::string_view a,
                                           std::string_view b) const {
  return absl::EqualsIgnoreCase(ToAbsl(a), ToAbsl(b));
}

CommandCatalog::CommandCatalog(std::vector<CommandInfo> commands)
    : commands_(std::move(commands)) {
  for (size_t i = 0; i < commands_.size(); ++i) {
    index_.emplace(commands_[i].name, i);
  }
  AppendReply(ToCommandReply(commands_), command_reply_);
  version_ = Fingerprint(command_reply_);
}

absl::StatusOr<CommandCatalog> CommandCatalog::FromCommandReply(
    const RespValue& reply) {
  if (!reply.is_array()) return BadReply("it is no array");
  auto commands = ReadCommands(reply, /*are_subcommands=*/false);
  if (!commands.ok()) return commands.status();
  if (commands->empty()) return BadReply("it names no command");
  return CommandCatalog(*std::move(commands));
}

std::shared_ptr<const CommandCatalog> CommandCatalog::Redis70() {
  static const auto* const kCatalog =
      new std::shared_ptr<const CommandCatalog>([] {
        RespParser parser(RespLimits{});
        parser.Feed(kRedis70Commands);
        return std::make_shared<const CommandCatalog>(
            FromCommandReply(*parser.Next().value()).value());
      }());
  return *kCatalog;
}

CommandCatalog CommandCatalog::With(const CommandCatalog& declared) const {
  std::vector<CommandInfo> commands = commands_;
  for (const CommandInfo& info : declared.commands_) {
    const size_t bar = info.name.find('|');
    if (bar == std::string::npos) {
      PutByName(info, commands);
      continue;
    }
    CommandInfo container;
    container.name = info.name.substr(0, bar);
    container.arity = -2;
    if (const CommandInfo* known = FindByName(container.name, commands)) {
      container = *known;
    }
    PutByName(info, container.subcommands);
    PutByName(container, commands);
  }
  return CommandCatalog(std::move(commands));
}

const CommandInfo* CommandCatalog::Find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &commands_[found->second];
}

const CommandInfo* CommandCatalog::FindSubcommand(const CommandInfo& container,
                                                  std::string_view name) {
  if (container.name.size() + 1 + name.size() > kMaxNameBytes) return nullptr;
  LowerName full;
  full.Append(container.name);
  full.Append("|");
  full.Append(name);
  return FindByName(ToStd(full.text()), container.subcommands);
}

}  // namespace slotplanner
