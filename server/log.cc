// SPDX-License-Identifier: Apache-2.0
#include "server/log.h"

#include <cmath>
#include <cstddef>
#include <cstdio>

#include <grpc/support/log.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

std::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

// Length of the well-formed UTF-8 sequence at the start of `text`, or 0. From
// the Unicode standard, table 3-7: no overlong forms, no surrogates.
// Requires: `text` is not empty.
size_t Utf8SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const auto continues = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!continues(1) || !continues(2)) return 0;
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;
    if (lead == 0xED && byte(1) > 0x9F) return 0;
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (lead == 0xF0 && byte(1) < 0x90) return 0;
    if (lead == 0xF4 && byte(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

void AppendJsonString(std::string_view text, std::string& out) {
  out += '"';
  while (!text.empty()) {
    const size_t length = Utf8SequenceLength(text);
    const char first = text.front();
    if (length == 0) {
      out += "\\ufffd";
    } else if (first == '"' || first == '\\') {
      out += '\\';
      out += first;
    } else if (length == 1 && (first < 0x20 || first == 0x7F)) {
      absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned>(first));
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

struct AppendValue {
  std::string& out;

  void operator()(std::string_view text) const { AppendJsonString(text, out); }
  void operator()(int64_t number) const { absl::StrAppend(&out, number); }
  void operator()(double number) const {
    // JSON knows neither infinities nor NaN.
    if (std::isfinite(number)) {
      absl::StrAppend(&out, number);
    } else {
      out += "null";
    }
  }
};

void LogGrpcMessage(gpr_log_func_args* args) {
  Log(args->severity == GPR_LOG_SEVERITY_ERROR ? LogLevel::kError
                                               : LogLevel::kInfo,
      "grpc",
      {{"message", std::string_view(args->message)},
       {"file", std::string_view(args->file)},
       {"line", args->line}});
}

}  // namespace

std::string FormatLogLine(absl::Time time, LogLevel level,
                          std::string_view event,
                          std::initializer_list<LogField> fields) {
  std::string line = absl::StrCat(
      R"({"time":")",
      absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone()),
      R"(","level":")", ToAbsl(LevelName(level)), R"(","event":)");
  AppendJsonString(event, line);
  for (const LogField& field : fields) {
    line += ',';
    AppendJsonString(field.name, line);
    line += ':';
    std::visit(AppendValue{line}, field.value);
  }
  line += "}\n";
  return line;
}

void Log(LogLevel level, std::string_view event,
         std::initializer_list<LogField> fields) {
  const std::string line = FormatLogLine(absl::Now(), level, event, fields);
  // stderr is unbuffered and locked by the C library for the whole call.
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void RouteGrpcLog() { gpr_set_log_function(LogGrpcMessage); }

}  // namespace slotplanner
