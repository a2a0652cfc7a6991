// SPDX-License-Identifier: Apache-2.0
// The log: one JSON object a line on stderr. It tells state changes; of
// requests it tells at level debug only. It holds no bytes of keys, values or
// passwords.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "absl/time/time.h"

namespace slotplanner {

// In ascending order of weight.
enum class LogLevel { kDebug, kInfo, kWarning, kError };

// The name of a level in the log and in settings: debug, info, warning, error.
std::string_view LogLevelName(LogLevel level);

// The level of that name, in lower case, if there is one.
std::optional<LogLevel> ParseLogLevel(std::string_view name);

// One named value of a log line. Views: it lives as long as the call to `Log`.
struct LogField {
  using Value = std::variant<std::string_view, int64_t, double>;

  // Text.
  LogField(std::string_view field_name, std::string_view text)
      : name(field_name), value(text) {}
  // Any integer but bool.
  template <typename T>
  requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
      LogField(std::string_view field_name, T number)
      : name(field_name), value(static_cast<int64_t>(number)) {}
  // A duration, in seconds.
  LogField(std::string_view field_name, absl::Duration duration)
      : name(field_name), value(absl::ToDoubleSeconds(duration)) {}

  std::string_view name;
  Value value;
};

// Writes one line to stderr, unless its level is below that of the log, or too
// many of the same event came before it (`LogLimiter`); those of one event that
// name different clusters are counted apart. The line that follows suppressed
// ones tells how many, as `suppressed`. A log of level debug suppresses
// nothing: who asks for every call gets everything. Thread-safe: lines never
// mix.
void Log(LogLevel level, std::string_view event,
         std::initializer_list<LogField> fields = {});

// Leaves out what is below `level` from now on; kInfo at the start.
// Thread-safe.
void SetLogLevel(LogLevel level);

// Whether lines of that level are written; to be asked before fields that take
// time to make. Thread-safe and cheap.
bool IsLogged(LogLevel level);

// Lines suppressed so far because too many came. Thread-safe.
int64_t SuppressedLogLineCount();

// The line that `Log` writes, with its newline. Valid JSON whatever bytes the
// fields hold: those that are no UTF-8 become U+FFFD. `suppressed` lines before
// it were not written.
std::string FormatLogLine(absl::Time time, LogLevel level,
                          std::string_view event,
                          std::initializer_list<LogField> fields,
                          int64_t suppressed = 0);

// Sends what gRPC and protobuf say to the same log, as events `grpc` and
// `protobuf`.
void RouteLibraryLogs();

}  // namespace slotplanner
