// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace slotplanner {

// Where a password comes from. It is looked up whenever a connection is opened,
// so that it can rotate. A plain value.
class PasswordSource {
 public:
  // No password: nobody logs in.
  PasswordSource() = default;

  static PasswordSource Literal(std::string password) {
    return {Kind::kLiteral, std::move(password)};
  }
  // The first line of the file.
  static PasswordSource File(std::string path) {
    return {Kind::kFile, std::move(path)};
  }
  static PasswordSource Environment(std::string variable) {
    return {Kind::kEnvironment, std::move(variable)};
  }

  bool is_none() const { return kind_ == Kind::kNone; }

  // The password as it is now; empty without one. INVALID_ARGUMENT, naming the
  // file or the variable and never what it holds, when that is missing or
  // empty, or when the line is longer than 4096 bytes.
  absl::StatusOr<std::string> Read() const;

 private:
  enum class Kind { kNone, kLiteral, kFile, kEnvironment };

  PasswordSource(Kind kind, std::string text)
      : kind_(kind), text_(std::move(text)) {}

  Kind kind_ = Kind::kNone;
  std::string text_;  // The password, the path, or the name of the variable.
};

}  // namespace slotplanner
