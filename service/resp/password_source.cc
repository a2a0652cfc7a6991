// SPDX-License-Identifier: Apache-2.0
#include "service/resp/password_source.h"

#include <array>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace slotplanner {
namespace {

// Redis takes passwords of any length; nobody types one of more than a page.
constexpr size_t kMaxPasswordBytes = 4096;

absl::StatusOr<std::string> ReadFirstLine(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  // Room for the zero behind it; `getline` fails when the line does not fit.
  std::array<char, kMaxPasswordBytes + 1> line = {};
  file.getline(line.data(), line.size());
  auto size = static_cast<size_t>(file.gcount());
  // The end of the line is counted, but not stored.
  if (file.good()) --size;
  std::string password(line.data(), size);
  if (!password.empty() && password.back() == '\r') password.pop_back();
  if (password.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("The password file ", path,
                     " cannot be read, or its first line is empty."));
  }
  if (file.fail()) {
    return absl::InvalidArgumentError(
        absl::StrCat("The first line of the password file ", path,
                     " is longer than ", kMaxPasswordBytes, " bytes."));
  }
  return password;
}

absl::StatusOr<std::string> ReadVariable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') {
    return absl::InvalidArgumentError(absl::StrCat(
        "The environment variable ", name, " for the password is not set."));
  }
  return std::string(value);
}

}  // namespace

absl::StatusOr<std::string> PasswordSource::Read() const {
  switch (kind_) {
    case Kind::kNone:
    case Kind::kLiteral:
      return text_;
    case Kind::kFile:
      return ReadFirstLine(text_);
    case Kind::kEnvironment:
      return ReadVariable(text_);
  }
  return absl::InternalError("A password of no kind.");
}

}  // namespace slotplanner
