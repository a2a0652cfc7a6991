// SPDX-License-Identifier: Apache-2.0
#include "server/privileges.h"

#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

// The words of the line `NAME:` of /proc/PID/status, or none.
std::vector<absl::string_view> WordsOf(std::string_view name,
                                       std::string_view status) {
  for (const absl::string_view line : absl::StrSplit(ToAbsl(status), '\n')) {
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(": \t"), absl::SkipEmpty());
    if (!words.empty() && ToStd(words.front()) == name) {
      return {words.begin() + 1, words.end()};
    }
  }
  return {};
}

}  // namespace

absl::Status CheckUnprivileged(std::string_view status) {
  // The real, effective, saved and file system user ids.
  const std::vector<absl::string_view> users = WordsOf("Uid", status);
  // The permitted capabilities, hexadecimal. The effective ones are among them.
  const std::vector<absl::string_view> capabilities = WordsOf("CapPrm", status);
  if (users.size() != 4 || capabilities.size() != 1) {
    return absl::FailedPreconditionError(
        "refuse_root: /proc/self/status does not tell what this process may "
        "do; mount /proc");
  }
  for (const absl::string_view user : users) {
    if (user == "0") {
      return absl::FailedPreconditionError(
          "refuse_root: started as root; run it as another user, such as "
          "65532");
    }
  }
  if (capabilities.front().find_first_not_of('0') != absl::string_view::npos) {
    return absl::FailedPreconditionError(
        "refuse_root: started with capabilities; drop all of them, none is "
        "needed");
  }
  return absl::OkStatus();
}

absl::Status CheckSelfUnprivileged() {
  std::ifstream file("/proc/self/status");
  return CheckUnprivileged(std::string(std::istreambuf_iterator<char>(file),
                                       std::istreambuf_iterator<char>()));
}

}  // namespace slotplanner
