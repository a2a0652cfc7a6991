// SPDX-License-Identifier: Apache-2.0
#include "server/declared_commands.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/base/strings.h"
#include "service/resp/resp_value.h"

namespace slotplanner {
namespace {

using config::v1::BeginSearch;
using config::v1::CommandDeclaration;
using config::v1::FindKeys;
using config::v1::KeySpec;
using Texts = google::protobuf::RepeatedPtrField<std::string>;

// What COMMAND of Redis 7.0 may say.
constexpr std::string_view kCommandFlags[] = {
    "admin",
    "allow_busy",
    "asking",
    "blocking",
    "denyoom",
    "fast",
    "loading",
    "may_replicate",
    "module",
    "movablekeys",
    "no_async_loading",
    "no_auth",
    "no_mandatory_keys",
    "no_multi",
    "noscript",
    "protected",
    "pubsub",
    "readonly",
    "skip_monitor",
    "skip_slowlog",
    "stale",
    "write",
};
constexpr std::string_view kKeySpecFlags[] = {
    "OW",     "RM",         "RO",      "RW",     "access",        "delete",
    "insert", "incomplete", "not_key", "update", "variable_flags"};
constexpr std::string_view kOtherTips[] = {"nondeterministic_output",
                                           "nondeterministic_output_order"};
constexpr std::string_view kRequestPolicies[] = {"all_nodes", "all_shards",
                                                 "multi_shard", "special"};
constexpr std::string_view kResponsePolicies[] = {
    "one_succeeded", "all_succeeded", "agg_logical_and", "agg_logical_or",
    "agg_min",       "agg_max",       "agg_sum",         "special"};
constexpr std::string_view kRequestPolicy = "request_policy:";
constexpr std::string_view kResponsePolicy = "response_policy:";
constexpr std::string_view kMultiShard = "request_policy:multi_shard";

// The bounds that `CommandCatalog` sets.
constexpr size_t kMaxNameBytes = 128;
constexpr int kMaxNumber = 999'999;

template <size_t N>
bool IsOneOf(std::string_view text, const std::string_view (&words)[N]) {
  return std::find(std::begin(words), std::end(words), text) != std::end(words);
}

bool Holds(const Texts& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

bool IsNamePart(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' ||
           c == '_' || c == '-';
  });
}

bool IsCommandName(std::string_view name) {
  if (name.size() > kMaxNameBytes) return false;
  const size_t bar = name.find('|');
  return bar == std::string_view::npos ? IsNamePart(name)
                                       : IsNamePart(name.substr(0, bar)) &&
                                             IsNamePart(name.substr(bar + 1));
}

// Checks one declaration. Problems are reported under their paths within it.
class Checker {
 public:
  explicit Checker(ReportProblem report) : report_(report) {}

  void Check(const CommandDeclaration& declaration) {
    if (!IsCommandName(declaration.name())) {
      report_(".name",
              "a command's name has 1 to 128 letters, digits, ., _ and -, a "
              "subcommand's is container|name");
    }
    if (declaration.arity() == 0) {
      report_(".arity",
              "must be the number of arguments, the name included; negative "
              "means at least that many");
    }
    Number(".arity", declaration.arity(), -kMaxNumber, kMaxNumber);
    for (int i = 0; i < declaration.flags_size(); ++i) {
      if (!IsOneOf(declaration.flags(i), kCommandFlags)) {
        report_(absl::StrCat(".flags[", i, "]"), "is no flag of a command");
      }
    }
    if (Holds(declaration.flags(), "readonly") &&
        Holds(declaration.flags(), "write")) {
      report_(".flags", "must not have both readonly and write");
    }
    CheckTips(declaration.tips());
    for (int i = 0; i < declaration.key_specs_size(); ++i) {
      CheckKeySpec(absl::StrCat(".key_specs[", i, "]"),
                   declaration.key_specs(i));
    }
    if (Holds(declaration.tips(), kMultiShard) &&
        declaration.key_specs_size() != 1) {
      report_(".key_specs",
              "must be exactly one, for request_policy:multi_shard");
    }
  }

 private:
  void Number(std::string_view path, int value, int min, int max) {
    if (value < min || value > max) {
      report_(path, absl::StrCat("must be from ", min, " to ", max));
    }
  }

  void CheckTips(const Texts& tips) {
    int request_policies = 0;
    int response_policies = 0;
    for (int i = 0; i < tips.size(); ++i) {
      const std::string path = absl::StrCat(".tips[", i, "]");
      std::string_view tip = tips[i];
      if (tip.starts_with(kRequestPolicy)) {
        tip.remove_prefix(kRequestPolicy.size());
        if (!IsOneOf(tip, kRequestPolicies)) {
          report_(path, "is no request policy");
        }
        if (++request_policies > 1) report_(path, "is a second one");
      } else if (tip.starts_with(kResponsePolicy)) {
        tip.remove_prefix(kResponsePolicy.size());
        if (!IsOneOf(tip, kResponsePolicies)) {
          report_(path, "is no response policy");
        }
        if (++response_policies > 1) report_(path, "is a second one");
      } else if (!IsOneOf(tip, kOtherTips)) {
        report_(path, "is no tip");
      }
    }
  }

  void CheckKeySpec(const std::string& path, const KeySpec& spec) {
    CheckBeginSearch(path + ".begin_search", spec.begin_search());
    CheckFindKeys(path + ".find_keys", spec.find_keys());
    for (int i = 0; i < spec.flags_size(); ++i) {
      if (!IsOneOf(spec.flags(i), kKeySpecFlags)) {
        report_(absl::StrCat(path, ".flags[", i, "]"),
                "is no flag of a key specification");
      }
    }
  }

  void CheckBeginSearch(const std::string& path, const BeginSearch& begin) {
    if (begin.has_index() == begin.has_keyword()) {
      report_(path, "must have either index or keyword");
      return;
    }
    if (begin.has_index()) {
      Number(path + ".index", begin.index(), 1, kMaxNumber);
    } else if (begin.keyword().empty()) {
      report_(path + ".keyword", "must not be empty");
    }
    if (!begin.has_start_from()) return;
    if (begin.has_index()) {
      report_(path + ".start_from", "goes with keyword only");
    } else if (begin.start_from() == 0) {
      report_(path + ".start_from", "must not be 0");
    }
    Number(path + ".start_from", begin.start_from(), -kMaxNumber, kMaxNumber);
  }

  void CheckFindKeys(const std::string& path, const FindKeys& find) {
    if (find.has_range() == find.has_keynum()) {
      report_(path, "must have either range or keynum");
    } else if (find.has_range()) {
      const std::string range = path + ".range";
      Number(range + ".last_key", find.range().last_key(), -kMaxNumber,
             kMaxNumber);
      CheckKeyStep(range, find.range());
      Number(range + ".limit", find.range().limit(), 0, kMaxNumber);
      if (find.range().limit() > 1 && find.range().last_key() != -1) {
        report_(range + ".limit", "goes with last_key: -1 only");
      }
    } else {
      const std::string keynum = path + ".keynum";
      Number(keynum + ".keynum_index", find.keynum().keynum_index(), 0,
             kMaxNumber);
      Number(keynum + ".first_key", find.keynum().first_key(), 0, kMaxNumber);
      CheckKeyStep(keynum, find.keynum());
    }
  }

  // `find` is a range or a keynum.
  template <typename Find>
  void CheckKeyStep(const std::string& path, const Find& find) {
    if (find.has_key_step()) {
      Number(path + ".key_step", find.key_step(), 1, kMaxNumber);
    }
  }

  ReportProblem report_;
};

// Values of a COMMAND reply.
RespValue ToReply(std::string_view text) {
  return RespValue::String(std::string(text));
}
RespValue ToReply(int number) { return RespValue::Integer(number); }
RespValue ToReply(const Texts& texts) {
  std::vector<RespValue> elements;
  for (const std::string& text : texts) elements.push_back(ToReply(text));
  return RespValue::Array(std::move(elements));
}
RespValue ToReply(RespValue value) { return value; }

// A map as RESP2 carries it: names and values in turn.
template <typename... Fields>
RespValue MapReply(Fields... fields) {
  return RespValue::Array({ToReply(std::move(fields))...});
}

RespValue ToReply(const BeginSearch& begin) {
  if (begin.has_index()) {
    return MapReply("type", "index", "spec", MapReply("index", begin.index()));
  }
  return MapReply("type", "keyword", "spec",
                  MapReply("keyword", begin.keyword(), "startfrom",
                           begin.has_start_from() ? begin.start_from() : 1));
}

RespValue ToReply(const FindKeys& find) {
  if (find.has_range()) {
    const auto& range = find.range();
    return MapReply("type", "range", "spec",
                    MapReply("lastkey", range.last_key(), "keystep",
                             range.has_key_step() ? range.key_step() : 1,
                             "limit", range.limit()));
  }
  const auto& keynum = find.keynum();
  return MapReply(
      "type", "keynum", "spec",
      MapReply("keynumidx", keynum.keynum_index(), "firstkey",
               keynum.has_first_key() ? keynum.first_key() : 1, "keystep",
               keynum.has_key_step() ? keynum.key_step() : 1));
}

// The entry that COMMAND would have for it, so that `CommandCatalog` is the one
// reader of both.
RespValue ToEntry(const CommandDeclaration& declaration) {
  std::vector<RespValue> key_specs;
  for (const KeySpec& spec : declaration.key_specs()) {
    key_specs.push_back(MapReply("flags", ToReply(spec.flags()), "begin_search",
                                 ToReply(spec.begin_search()), "find_keys",
                                 ToReply(spec.find_keys())));
  }
  // First key, last key, step: key specifications say it better.
  const RespValue unread = RespValue::Integer(0);
  const RespValue acl_categories = RespValue::Array({});
  const RespValue subcommands = RespValue::Array({});
  return RespValue::Array(
      {ToReply(declaration.name()), ToReply(declaration.arity()),
       ToReply(declaration.flags()), unread, unread, unread, acl_categories,
       ToReply(declaration.tips()), RespValue::Array(std::move(key_specs)),
       subcommands});
}

}  // namespace

std::shared_ptr<const CommandCatalog> ReadDeclaredCommands(
    const google::protobuf::RepeatedPtrField<CommandDeclaration>& declarations,
    ReportProblem report) {
  if (declarations.empty()) return nullptr;
  bool is_good = true;
  std::set<std::string> names;
  std::vector<RespValue> entries;
  for (int i = 0; i < declarations.size(); ++i) {
    const auto report_here = [&](std::string_view path,
                                 std::string_view problem) {
      is_good = false;
      report(absl::StrCat("[", i, "]", ToAbsl(path)), problem);
    };
    Checker(report_here).Check(declarations[i]);
    if (!names.insert(absl::AsciiStrToLower(declarations[i].name())).second) {
      report_here(".name", "stands in this list twice");
    }
    entries.push_back(ToEntry(declarations[i]));
  }
  if (!is_good) return nullptr;
  return std::make_shared<const CommandCatalog>(
      CommandCatalog::FromCommandReply(RespValue::Array(std::move(entries)))
          .value());
}

}  // namespace slotplanner
