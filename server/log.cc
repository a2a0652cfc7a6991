// SPDX-License-Identifier: Apache-2.0
#include "server/log.h"

#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <mutex>

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "server/log_limiter.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

// The log of the process has one level and one limiter, as it has one stderr.
std::atomic<LogLevel> least_level = LogLevel::kInfo;

struct SharedLimiter {
  std::mutex mutex;
  LogLimiter limiter;  // Guarded by mutex.
};

// Never destroyed: threads of libraries may log until the process ends.
SharedLimiter& Limiter() {
  static auto* const kLimiter = new SharedLimiter;
  return *kLimiter;
}

// What counts as the same event for the limiter: clusters may be many, and what
// befalls one is not to hide what befalls another.
std::string LimiterKey(std::string_view event,
                       std::initializer_list<LogField> fields) {
  std::string key(event);
  for (const LogField& field : fields) {
    const auto* text = std::get_if<std::string_view>(&field.value);
    if (field.name != "cluster" || text == nullptr) continue;
    key += ' ';
    key += *text;
  }
  return key;
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

LogLevel LevelOf(gpr_log_severity severity) {
  switch (severity) {
    case GPR_LOG_SEVERITY_DEBUG:
      return LogLevel::kDebug;
    case GPR_LOG_SEVERITY_INFO:
      return LogLevel::kInfo;
    case GPR_LOG_SEVERITY_ERROR:
      return LogLevel::kError;
  }
  return LogLevel::kError;
}

void LogGrpcMessage(gpr_log_func_args* args) {
  Log(LevelOf(args->severity), "grpc",
      {{"message", std::string_view(args->message)},
       {"file", std::string_view(args->file)},
       {"line", args->line}});
}

LogLevel LevelOf(google::protobuf::LogLevel level) {
  switch (level) {
    case google::protobuf::LOGLEVEL_INFO:
      return LogLevel::kInfo;
    case google::protobuf::LOGLEVEL_WARNING:
      return LogLevel::kWarning;
    case google::protobuf::LOGLEVEL_ERROR:
    case google::protobuf::LOGLEVEL_FATAL:
      break;
  }
  return LogLevel::kError;
}

// Such as names of fields that are not UTF-8, never what they hold.
void LogProtobufMessage(google::protobuf::LogLevel level, const char* file,
                        int line, const std::string& message) {
  Log(LevelOf(level), "protobuf",
      {{"message", message}, {"file", std::string_view(file)}, {"line", line}});
}

}  // namespace

std::string_view LogLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

std::optional<LogLevel> ParseLogLevel(std::string_view name) {
  for (const LogLevel level : {LogLevel::kDebug, LogLevel::kInfo,
                               LogLevel::kWarning, LogLevel::kError}) {
    if (name == LogLevelName(level)) return level;
  }
  return std::nullopt;
}

std::string FormatLogLine(absl::Time time, LogLevel level,
                          std::string_view event,
                          std::initializer_list<LogField> fields,
                          int64_t suppressed) {
  std::string line = absl::StrCat(
      R"({"time":")",
      absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone()),
      R"(","level":")", ToAbsl(LogLevelName(level)), R"(","event":)");
  AppendJsonString(event, line);
  for (const LogField& field : fields) {
    line += ',';
    AppendJsonString(field.name, line);
    line += ':';
    std::visit(AppendValue{line}, field.value);
  }
  if (suppressed > 0) absl::StrAppend(&line, R"(,"suppressed":)", suppressed);
  line += "}\n";
  return line;
}

void Log(LogLevel level, std::string_view event,
         std::initializer_list<LogField> fields) {
  if (!IsLogged(level)) return;
  const absl::Time now = absl::Now();
  std::optional<int64_t> suppressed = 0;
  if (!IsLogged(LogLevel::kDebug)) {
    const std::string key = LimiterKey(event, fields);
    const std::lock_guard lock(Limiter().mutex);
    suppressed = Limiter().limiter.Admit(key, now);
  }
  if (!suppressed) return;
  const std::string line =
      FormatLogLine(now, level, event, fields, *suppressed);
  // stderr is unbuffered and locked by the C library for the whole call.
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void SetLogLevel(LogLevel level) {
  least_level.store(level, std::memory_order_relaxed);
}

bool IsLogged(LogLevel level) {
  return level >= least_level.load(std::memory_order_relaxed);
}

int64_t SuppressedLogLineCount() {
  const std::lock_guard lock(Limiter().mutex);
  return Limiter().limiter.suppressed_count();
}

void RouteLibraryLogs() {
  gpr_set_log_function(LogGrpcMessage);
  google::protobuf::SetLogHandler(LogProtobufMessage);
}

}  // namespace slotplanner
