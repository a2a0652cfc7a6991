// SPDX-License-Identifier: Apache-2.0
#include "service/resp/redis_cli_text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "service/resp/text_cursor.h"

namespace slotplanner {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

constexpr std::string_view kTooDeep = "arrays nest too deep";
constexpr std::string_view kTooMany = "too many values";

bool IsDigit(char c) {
  return absl::ascii_isdigit(static_cast<unsigned char>(c));
}

// The reply that `read` takes off the front of `text`, if it is all of it.
template <typename Read>
absl::StatusOr<RespValue> ReadAll(std::string_view text, Read read) {
  TextCursor in(text);
  in.SkipAnyOf(kBlanks);
  absl::StatusOr<RespValue> reply = read(in);
  if (!reply.ok()) return reply;
  in.SkipAnyOf(kBlanks);
  if (!in.at_end()) return in.Error("there is more behind the reply");
  return reply;
}

// What redis-cli shows. A value ends with its line. The column behind an index
// tells which array the element belongs to, for indexes are right-aligned and
// arrays begin behind the index of the element that they are.
class TerminalReader {
 public:
  explicit TerminalReader(TextCursor& in) : in_(in) {}

  // Requires: the reply stands right here.
  absl::StatusOr<RespValue> ReadReply() {
    if (IndexDigits() == 0) return ReadScalar();
    return ReadArray(in_.Column() + IndexDigits(), /*depth=*/0);
  }

 private:
  // How many digits the index of an element has that stands here, as in
  // `12) `, `12# ` of maps and `12~ ` of sets; 0 when none does.
  size_t IndexDigits() const {
    const std::string_view rest = in_.rest();
    size_t digits = 0;
    while (digits < rest.size() && IsDigit(rest[digits])) ++digits;
    const bool is_index =
        digits > 0 && digits < rest.size() &&
        std::string_view(")#~").find(rest[digits]) != std::string_view::npos;
    return is_index ? digits : 0;
  }

  // A value that is no array with elements, to the end of its line.
  absl::StatusOr<RespValue> ReadScalar() {
    absl::StatusOr<RespValue> value = ReadKnownScalar();
    if (!value.ok()) return value;
    if (value->type == RespValue::Type::kStatus) {
      value->text = std::string(in_.TakeLine());
      return value;
    }
    in_.SkipAnyOf(" \r");
    if (!in_.at_end() && !in_.Take("\n")) {
      return in_.Error("there is more behind a value");
    }
    return value;
  }

  // `column` is that behind its indexes.
  absl::StatusOr<RespValue> ReadArray(size_t column, int depth) {
    if (depth == kMaxTextDepth) return in_.Error(kTooDeep);
    const char separator = in_.rest()[IndexDigits()];
    std::vector<RespValue> elements;
    for (int64_t index = 1;; ++index) {
      if (!in_.CountValue()) return in_.Error(kTooMany);
      if (in_.TakeInteger() != index || in_.next() != separator) {
        return in_.Error("an element is missing");
      }
      in_.Skip(1);
      in_.Take(" ");
      if (separator == '#') {
        absl::StatusOr<RespValue> name = ReadName();
        if (!name.ok()) return name;
        elements.push_back(*std::move(name));
      }
      absl::StatusOr<RespValue> element = ReadElement(column, depth);
      if (!element.ok()) return element;
      elements.push_back(*std::move(element));
      in_.SkipAnyOf(kBlanks);
      if (in_.at_end()) break;
      if (IndexDigits() == 0) return in_.Error("not an element");
      const size_t next_column = in_.Column() + IndexDigits();
      if (next_column > column) return in_.Error("too far to the right");
      if (next_column < column) break;
    }
    return RespValue::Array(std::move(elements));
  }

  // The name in a map, and the arrow behind it.
  absl::StatusOr<RespValue> ReadName() {
    absl::StatusOr<RespValue> name = ReadKnownScalar();
    if (!name.ok()) return name;
    in_.SkipAnyOf(" ");
    if (!in_.Take("=>")) return in_.Error("=> is missing");
    in_.Take(" ");
    return name;
  }

  // The element behind an index or an arrow of an array with this column.
  absl::StatusOr<RespValue> ReadElement(size_t column, int depth) {
    const size_t begin = in_.Column();
    in_.SkipAnyOf(" ");
    const size_t index_end = in_.Column() + IndexDigits();
    if (IndexDigits() > 0) {
      // Not simply `index_end`: a name in front of it counts for nothing.
      constexpr size_t kSeparatorAndSpace = 2;
      return ReadArray(column + kSeparatorAndSpace + index_end - begin,
                       depth + 1);
    }
    if (in_.next() == '\n' || in_.next() == '\r') {
      // An array in a map begins on a line of its own since 7.0.
      in_.SkipAnyOf(kBlanks);
      const size_t below = in_.Column() + IndexDigits();
      if (IndexDigits() == 0 || below <= column) {
        return in_.Error("a value is missing");
      }
      return ReadArray(below, depth + 1);
    }
    return ReadScalar();
  }

  // As `ReadScalar`, but nothing of a simple string is taken, which is what a
  // value is if it is none of the others.
  absl::StatusOr<RespValue> ReadKnownScalar() {
    if (in_.next() == '"') {
      absl::StatusOr<std::string> text = in_.TakeQuoted();
      if (!text.ok()) return text.status();
      return RespValue::String(*std::move(text));
    }
    if (in_.Take("(integer) ")) {
      const std::optional<int64_t> integer = in_.TakeInteger();
      if (!integer.has_value()) return in_.Error("not an integer");
      return RespValue::Integer(*integer);
    }
    if (in_.Take("(nil)")) return RespValue::Nil();
    if (in_.Take("(true)")) return RespValue::Integer(1);
    if (in_.Take("(false)")) return RespValue::Integer(0);
    // "list or set" is of redis-cli before 6.0.
    for (const std::string_view empty :
         {"(empty array)", "(empty hash)", "(empty set)", "(empty push)",
          "(empty list or set)"}) {
      if (in_.Take(empty)) return RespValue::Array({});
    }
    return RespValue::Status("");
  }

  TextCursor& in_;
};

class JsonReader {
 public:
  explicit JsonReader(TextCursor& in) : in_(in) {}

  absl::StatusOr<RespValue> ReadValue(int depth) {
    if (!in_.CountValue()) return in_.Error(kTooMany);
    in_.SkipAnyOf(kBlanks);
    if (in_.next() == '"') return ReadString();
    if (in_.Take("[")) return ReadElements(']', /*is_map=*/false, depth);
    if (in_.Take("{")) return ReadElements('}', /*is_map=*/true, depth);
    if (in_.Take("null")) return RespValue::Nil();
    if (in_.Take("true")) return RespValue::Integer(1);
    if (in_.Take("false")) return RespValue::Integer(0);
    return ReadNumber();
  }

 private:
  absl::StatusOr<RespValue> ReadString() {
    absl::StatusOr<std::string> text = in_.TakeQuoted();
    if (!text.ok()) return text.status();
    return RespValue::String(*std::move(text));
  }

  // Behind the bracket that opens.
  absl::StatusOr<RespValue> ReadElements(char end, bool is_map, int depth) {
    if (depth == kMaxTextDepth) return in_.Error(kTooDeep);
    std::vector<RespValue> elements;
    in_.SkipAnyOf(kBlanks);
    while (in_.next() != end) {
      if (!elements.empty()) {
        if (!in_.Take(",")) return in_.Error("a comma is missing");
        in_.SkipAnyOf(kBlanks);
      }
      if (is_map) {
        absl::StatusOr<RespValue> name = ReadString();
        if (!name.ok()) return name;
        elements.push_back(*std::move(name));
        in_.SkipAnyOf(kBlanks);
        if (!in_.Take(":")) return in_.Error("a colon is missing");
      }
      absl::StatusOr<RespValue> element = ReadValue(depth + 1);
      if (!element.ok()) return element;
      elements.push_back(*std::move(element));
      in_.SkipAnyOf(kBlanks);
    }
    in_.Skip(1);
    return RespValue::Array(std::move(elements));
  }

  absl::StatusOr<RespValue> ReadNumber() {
    constexpr std::string_view kOfNumbers = "+-.0123456789Ee";
    const std::string_view rest = in_.rest();
    const std::string_view number = rest.substr(
        0, std::min(rest.find_first_not_of(kOfNumbers), rest.size()));
    if (number.empty()) return in_.Error("not a value of JSON");
    TextCursor digits(number);
    const std::optional<int64_t> integer = digits.TakeInteger();
    in_.Skip(number.size());
    if (integer.has_value() && digits.at_end()) {
      return RespValue::Integer(*integer);
    }
    return RespValue::String(std::string(number));
  }

  TextCursor& in_;
};

class RespReader {
 public:
  explicit RespReader(TextCursor& in) : in_(in) {}

  absl::StatusOr<RespValue> ReadValue(int depth) {
    if (!in_.CountValue()) return in_.Error(kTooMany);
    const char type = in_.next();
    if (in_.at_end()) return in_.Error("the reply is not whole");
    in_.Skip(1);
    switch (type) {
      case '*':
      case '~':
      case '>':
        return ReadElements(/*values_each=*/1, depth);
      case '%':
        return ReadElements(/*values_each=*/2, depth);
      case '$':
      case '=':
      case '!':
        return ReadBulk(type);
      case ':':
        return ReadInteger();
      case '#':
        return ReadBoolean();
      case '_':
        return ReadNull();
      case '+':
        return RespValue::Status(std::string(in_.TakeLine()));
      case '-':
        return RespValue::Error(std::string(in_.TakeLine()));
      case ',':
      case '(':
        return RespValue::String(std::string(in_.TakeLine()));
      default:
        return in_.Error("not a kind of value that RESP has");
    }
  }

 private:
  absl::Status EndLine() {
    in_.Take("\r");
    if (!in_.Take("\n")) return in_.Error("an end of line is missing");
    return absl::OkStatus();
  }

  // How many elements or bytes follow; -1 in RESP2 is null.
  absl::StatusOr<int64_t> ReadCount() {
    const std::optional<int64_t> count = in_.TakeInteger();
    if (!count.has_value() || *count < -1) return in_.Error("not a count");
    if (absl::Status status = EndLine(); !status.ok()) return status;
    return *count;
  }

  absl::StatusOr<RespValue> ReadElements(int64_t values_each, int depth) {
    if (depth == kMaxTextDepth) return in_.Error(kTooDeep);
    const absl::StatusOr<int64_t> count = ReadCount();
    if (!count.ok()) return count.status();
    if (*count == -1) return RespValue::Nil();
    std::vector<RespValue> elements;
    for (int64_t i = 0; i < *count; ++i) {
      for (int64_t j = 0; j < values_each; ++j) {
        absl::StatusOr<RespValue> element = ReadValue(depth + 1);
        if (!element.ok()) return element;
        elements.push_back(*std::move(element));
      }
    }
    return RespValue::Array(std::move(elements));
  }

  absl::StatusOr<RespValue> ReadBulk(char type) {
    const absl::StatusOr<int64_t> size = ReadCount();
    if (!size.ok()) return size.status();
    if (*size == -1) return RespValue::Nil();
    if (static_cast<uint64_t>(*size) > in_.rest().size()) {
      return in_.Error("the reply is not whole");
    }
    std::string_view bytes = in_.rest().substr(0, static_cast<size_t>(*size));
    in_.Skip(bytes.size());
    if (absl::Status status = EndLine(); !status.ok()) return status;
    if (type == '!') return RespValue::Error(std::string(bytes));
    // A verbatim string begins with its format, as in `txt:`.
    constexpr size_t kFormatBytes = 4;
    if (type == '=') {
      if (bytes.size() < kFormatBytes || bytes[kFormatBytes - 1] != ':') {
        return in_.Error("a verbatim string without its format");
      }
      bytes.remove_prefix(kFormatBytes);
    }
    return RespValue::String(std::string(bytes));
  }

  absl::StatusOr<RespValue> ReadInteger() {
    const std::optional<int64_t> integer = in_.TakeInteger();
    if (!integer.has_value()) return in_.Error("not an integer");
    if (absl::Status status = EndLine(); !status.ok()) return status;
    return RespValue::Integer(*integer);
  }

  absl::StatusOr<RespValue> ReadNull() {
    if (absl::Status status = EndLine(); !status.ok()) return status;
    return RespValue::Nil();
  }

  absl::StatusOr<RespValue> ReadBoolean() {
    const bool is_true = in_.Take("t");
    if (!is_true && !in_.Take("f")) return in_.Error("not a boolean");
    if (absl::Status status = EndLine(); !status.ok()) return status;
    return RespValue::Integer(is_true ? 1 : 0);
  }

  TextCursor& in_;
};

}  // namespace

absl::StatusOr<RespValue> ParseRedisCliText(std::string_view text) {
  return ReadAll(text,
                 [](TextCursor& in) { return TerminalReader(in).ReadReply(); });
}

absl::StatusOr<RespValue> ParseRedisCliJson(std::string_view text) {
  return ReadAll(text,
                 [](TextCursor& in) { return JsonReader(in).ReadValue(0); });
}

absl::StatusOr<RespValue> ParseRespText(std::string_view text) {
  return ReadAll(text,
                 [](TextCursor& in) { return RespReader(in).ReadValue(0); });
}

}  // namespace slotplanner
