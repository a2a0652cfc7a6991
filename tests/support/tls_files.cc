// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tls_files.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace slotplanner {

TestTlsFiles::TestTlsFiles(const std::vector<std::string>& arguments) {
  std::string pattern = ::testing::TempDir() + "/slotplanner-tls-XXXXXX";
  EXPECT_NE(mkdtemp(pattern.data()), nullptr);
  directory_ = pattern;
  Rotate(arguments);
}

TestTlsFiles::~TestTlsFiles() { std::filesystem::remove_all(directory_); }

void TestTlsFiles::Rotate(const std::vector<std::string>& arguments) {
  // Nothing here that a shell would change.
  std::string command =
      absl::StrCat(SLOTPLANNER_MAKE_TLS_FILES, " ", directory_);
  for (const std::string& argument : arguments) {
    absl::StrAppend(&command, " ", argument);
  }
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

std::string TestTlsFiles::Path(const std::string& name) const {
  return absl::StrCat(directory_, "/", name);
}

TlsFiles TestTlsFiles::ForClient(bool with_certificate) const {
  TlsFiles files = {.ca_file = Path("ca.crt")};
  if (with_certificate) {
    files.certificate_file = Path("client.crt");
    files.key_file = Path("client.key");
  }
  return files;
}

}  // namespace slotplanner
