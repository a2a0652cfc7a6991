// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <google/protobuf/duration.pb.h>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/listen_address.h"

namespace slotplanner {

// What a setting is called in errors, given its path in ServerConfig, such as
// `limits.max_keys` or `clusters[1].source`.
using SettingName = absl::FunctionRef<std::string(std::string_view path)>;

// INVALID_ARGUMENT, with one sentence that names the setting.
absl::Status SettingError(std::string_view name, std::string_view problem);

// Takes settings over, each if it is within its range, and remembers the first
// that is not. Not thread-safe.
class SettingReader {
 public:
  // `name_of` outlives this.
  explicit SettingReader(SettingName name_of) : name_of_(name_of) {}

  void Fail(std::string_view path, std::string_view problem);

  void Listen(std::string_view path, const std::string& text,
              ListenAddress& address);
  void Duration(std::string_view path, const google::protobuf::Duration& value,
                absl::Duration min, absl::Duration max,
                absl::Duration& duration);
  // `Integer` is int32_t or int64_t.
  template <typename Integer>
  void Number(std::string_view path, Integer value, Integer min, Integer max,
              Integer& number) {
    if (value < min || value > max) {
      Fail(path, absl::StrCat("must be from ", min, " to ", max));
    } else {
      number = value;
    }
  }

  // OK if nothing has failed.
  const absl::Status& status() const { return status_; }

 private:
  SettingName name_of_;
  absl::Status status_;
};

}  // namespace slotplanner
