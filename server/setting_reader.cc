// SPDX-License-Identifier: Apache-2.0
#include "server/setting_reader.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "service/base/strings.h"

namespace slotplanner {

absl::Status SettingError(std::string_view name, std::string_view problem) {
  return absl::InvalidArgumentError(
      absl::StrCat(ToAbsl(name), ": ", ToAbsl(problem)));
}

void SettingReader::Fail(std::string_view path, std::string_view problem) {
  if (status_.ok()) status_ = SettingError(name_of_(path), problem);
}

void SettingReader::Listen(std::string_view path, const std::string& text,
                           ListenAddress& address) {
  absl::StatusOr<ListenAddress> parsed = ParseListenAddress(text);
  if (!parsed.ok()) {
    Fail(path, ToStd(parsed.status().message()));
  } else {
    address = *std::move(parsed);
  }
}

void SettingReader::Duration(std::string_view path,
                             const google::protobuf::Duration& value,
                             absl::Duration min, absl::Duration max,
                             absl::Duration& duration) {
  const absl::Duration given =
      absl::Seconds(value.seconds()) + absl::Nanoseconds(value.nanos());
  if (given < min || given > max) {
    Fail(path, absl::StrCat("must be from ", absl::FormatDuration(min), " to ",
                            absl::FormatDuration(max)));
  } else {
    duration = given;
  }
}

}  // namespace slotplanner
