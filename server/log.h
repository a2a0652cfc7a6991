// SPDX-License-Identifier: Apache-2.0
// The log: one JSON object a line on stderr. It tells state changes, never
// requests, and holds no bytes of keys, values or passwords.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "absl/time/time.h"

namespace slotplanner {

enum class LogLevel { kInfo, kWarning, kError };

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

// Writes one line to stderr. Thread-safe: lines never mix.
void Log(LogLevel level, std::string_view event,
         std::initializer_list<LogField> fields = {});

// The line that `Log` writes, with its newline. Valid JSON whatever bytes the
// fields hold: those that are no UTF-8 become U+FFFD.
std::string FormatLogLine(absl::Time time, LogLevel level,
                          std::string_view event,
                          std::initializer_list<LogField> fields);

// Sends what gRPC says to the same log, as event `grpc`.
void RouteGrpcLog();

}  // namespace slotplanner
