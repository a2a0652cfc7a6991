// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/differential/argument_source.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "service/base/strings.h"

namespace slotplanner::differential {
namespace {

using std::string_literals::operator""s;

// What keys hold, as a rule: "missing" ones, nothing.
constexpr std::string_view kKinds[] = {"string", "bits",   "hll",  "list",
                                       "set",    "hash",   "zset", "geo",
                                       "stream", "missing"};

// Rule A2 and A3: what stands before the name of a key that has a hash tag.
const std::string kTags[] = {"{a}", "{b}", "{user:1}", "{\0\xff}"s, "x{c}y"};

// The alternatives of arguments that are just words.
struct Words {
  std::string_view name;
  std::vector<std::string> words;
};
const std::vector<Words> kWords = {
    {"bit", {"0", "1"}},
    {"pattern", {"*", "m*", "{a}*", "*1", "f[0-5]", "string?", "\\*"}},
    {"float", {"1.5", "-2.25", "3e2", "0.1", "17", "-0.3"}},
    {"group", {"g0", "g1", "streams"}},
    {"consumer", {"c0", "c1", "streams"}},
    {"unit", {"m", "km", "ft", "mi"}},
    {"scoremin", {"-inf", "(1", "-3", "0", "1.5"}},
    {"scoremax", {"+inf", "(4", "5", "2", "(1.5"}},
    {"lexmin", {"-", "[m", "(m1", "[m20"}},
    {"lexmax", {"+", "[m9", "(m3", "[z"}},
    {"script",
     {"return {KEYS[1], ARGV[1], #KEYS, 2.5, false, {'nested'}}",
      "return redis.call('SET', KEYS[1], ARGV[1] or 'none')",
      "return redis.call('LPUSH', KEYS[1], unpack(ARGV))",
      "return redis.pcall('INCR', KEYS[1])",
      "local n = 0 for _, k in ipairs(KEYS) do n = n + redis.call('DEL', k) "
      "end return n",
      "return redis.error_reply('MY error')", "return nonsense("}},
    {"readscript",
     {"local n = 0 for _, k in ipairs(KEYS) do n = n + redis.call('EXISTS', k) "
      "end return n",
      "return redis.call('GET', KEYS[1])",
      "return redis.call('SET', KEYS[1], 'not allowed')"}},
    {"keylessscript",
     {"return ARGV", "return redis.call('ECHO', 'text')",
      "return redis.status_reply('FINE')", "return nil"}},
    {"function", {"write1", "read1", "read2", "missing"}},
    {"readfunction", {"read1", "read2", "write1"}},
};

// Arguments that are integers, both ends included.
struct Range {
  std::string_view name;
  int64_t first;
  int64_t last;
};
constexpr Range kRanges[] = {
    {"index", -8, 8},
    {"rank", -3, 3},
    {"offset", 0, 200},
    {"bitoffset", 0, 2000},
    {"count", 1, 5},
    {"radius", 1, 5000},
    {"longitude", -180, 180},
    {"latitude", -86, 86},
    // From days to months; none ends while the test runs.
    {"seconds", 200'000, 9'000'000},
    {"millis", 200'000'000, 9'000'000'000},
    // In the years 2100 and 1970.
    {"unix", 4'102'444'800, 4'102'500'000},
    {"unixms", 4'102'444'800'000, 4'102'500'000'000},
    {"past", 1, 1'000'000},
};

constexpr std::string_view kOtherNames[] = {
    "any",   "value",  "int",     "element", "member",    "field",  "score",
    "place", "id",     "idmin",   "idmax",   "newid",     "newms",  "streams",
    "sha",   "shared", "library", "payload", "functions", "weights"};

template <typename Table>
auto FindNamed(const Table& table, std::string_view name) {
  return std::find_if(std::begin(table), std::end(table),
                      [&](const auto& row) { return row.name == name; });
}

template <typename List>
bool Contains(const List& list, std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

std::string Numbered(std::string_view prefix, int64_t number) {
  return absl::StrCat(ToAbsl(prefix), number);
}

}  // namespace

bool ArgumentSource::Knows(std::string_view name) {
  return KnowsKeys(name) || Contains(kOtherNames, name) ||
         FindNamed(kWords, name) != kWords.end() ||
         FindNamed(kRanges, name) != std::end(kRanges);
}

bool ArgumentSource::KnowsKeys(std::string_view kind) {
  return kind == "any" || Contains(kKinds, kind);
}

void ArgumentSource::BeginItem() {
  labelled_.clear();
  tag_.reset();
  if (random_.Percent(65)) tag_ = random_.Below(std::size(kTags));
}

std::vector<std::string> ArgumentSource::Draw(const std::string& name,
                                              const std::string& label) {
  if (!label.empty()) {
    const auto found = labelled_.find({name, label});
    if (found != labelled_.end()) return found->second;
  }
  std::vector<std::string> drawn;
  if (name == "streams") {
    drawn = DrawStreams();
  } else if (name == "weights") {
    for (size_t i = 0; i < last_key_count_; ++i) {
      drawn.push_back(DrawOne("score"));
    }
  } else {
    drawn.push_back(KnowsKeys(name) ? DrawKey(name) : DrawOne(name));
  }
  if (!label.empty()) labelled_[{name, label}] = drawn;
  return drawn;
}

std::vector<std::string> ArgumentSource::DrawCountedKeys(
    const std::string& kind) {
  last_key_count_ = 1 + random_.Below(3);
  std::vector<std::string> drawn = {std::to_string(last_key_count_)};
  for (size_t i = 0; i < last_key_count_; ++i) drawn.push_back(DrawKey(kind));
  return drawn;
}

std::string ArgumentSource::DrawKey(std::string_view kind) {
  if (!keys_.empty() && random_.Percent(8)) return random_.OneOf(keys_);
  // Now and then a key of another type.
  if (kind == "any" || random_.Percent(5)) kind = random_.OneOf(kKinds);
  const std::string name(kind);
  std::string key = Numbered(kind, random_.Between(0, 3));
  if (tag_) {
    key = kTags[*tag_] + key;
  } else if (random_.Percent(40)) {
    key = random_.OneOf(kTags) + key;
  } else if (random_.Percent(30)) {
    // Rules A2, A3: braces that are no hash tag, bytes that are no text.
    const std::string odd[] = {"{}" + name,
                               name + "{",
                               "}{}" + name,
                               "{}{a}" + name,
                               "\0"s + name,
                               name + "\xff\r\n",
                               name == "string" ? "" : name};
    key = random_.OneOf(odd);
  }
  keys_.push_back(key);
  return key;
}

std::string ArgumentSource::DrawOne(std::string_view name) {
  if (const auto words = FindNamed(kWords, name); words != kWords.end()) {
    return random_.OneOf(words->words);
  }
  if (const auto range = FindNamed(kRanges, name); range != std::end(kRanges)) {
    return std::to_string(random_.Between(range->first, range->last));
  }
  if (name == "int") {
    return random_.Percent(3) ? "9223372036854775807"
                              : Numbered("", random_.Between(-1000, 1000));
  }
  if (name == "element") {
    if (random_.Percent(3)) return DrawValue();
    return random_.Percent(50) ? Numbered("", random_.Between(-9, 9))
                               : Numbered("e", random_.Between(0, 9));
  }
  if (name == "member") {
    return random_.Percent(3) ? DrawValue()
                              : Numbered("m", random_.Between(0, 29));
  }
  if (name == "field") return Numbered("f", random_.Between(0, 11));
  if (name == "place") return Numbered("p", random_.Between(0, 9));
  if (name == "score") {
    if (random_.Percent(5)) return random_.Percent(50) ? "inf" : "-inf";
    return absl::StrCat(static_cast<double>(random_.Between(-20, 20)) / 4);
  }
  if (name == "newid") return absl::StrCat(++newest_stream_ms_, "-1");
  if (name == "newms") return std::to_string(++newest_stream_ms_);
  if (name == "id") return DrawStreamId();
  if (name == "idmin") return random_.Percent(60) ? "-" : DrawStreamId();
  if (name == "idmax") return random_.Percent(60) ? "+" : DrawStreamId();
  if (name == "sha") return random_.OneOf(server_made_.shas);
  if (name == "shared") return random_.OneOf(kSharedScripts);
  if (name == "library") return random_.OneOf(kLibraries);
  if (name == "payload") return random_.OneOf(server_made_.payloads);
  if (name == "functions") return random_.OneOf(server_made_.functions);
  return DrawValue();
}

std::string ArgumentSource::DrawValue() {
  switch (random_.Below(20)) {
    case 0:
      return "";
    case 1:
      return "\0\xff\r\n\"{}\\ \x80"s;
    case 2:
      return std::string(70, 'v');  // No short encoding holds this.
    case 3:
      return random_.Percent(10) ? std::string(20'000, 'w') : "w";
    case 4:
      return DrawOne("float");
    case 5:
    case 6:
    case 7:
      return DrawOne("int");
    default:
      return Numbered("v", random_.Between(0, 99));
  }
}

// The ID of an entry that may be there, or may have been.
std::string ArgumentSource::DrawStreamId() {
  const int64_t oldest = std::max<int64_t>(0, newest_stream_ms_ - 60);
  return absl::StrCat(random_.Between(oldest, newest_stream_ms_),
                      random_.Percent(80) ? "-1" : "-0");
}

std::vector<std::string> ArgumentSource::DrawStreams() {
  const size_t count = 1 + random_.Below(3);
  std::vector<std::string> drawn;
  for (size_t i = 0; i < count; ++i) drawn.push_back(DrawKey("stream"));
  for (size_t i = 0; i < count; ++i) {
    const std::string ids[] = {DrawStreamId(), "0", "0", ">"};
    drawn.push_back(random_.OneOf(ids));
  }
  return drawn;
}

}  // namespace slotplanner::differential
