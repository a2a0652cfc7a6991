// SPDX-License-Identifier: Apache-2.0
#include "service/resp/tls_context.h"

#include <cstdlib>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "tests/support/tls_files.h"

namespace slotplanner {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// What `Load` says of files that cannot be used.
std::string Refusal(const TlsFiles& files) {
  const absl::Status status = TlsContext::Load(files).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  return std::string(status.message());
}

TEST(TlsContextTest, LoadsWhatIsGiven) {
  const TestTlsFiles files;
  EXPECT_TRUE(TlsContext::Load(files.ForClient()).ok());
  EXPECT_TRUE(TlsContext::Load(files.ForClient(true)).ok());
}

TEST(TlsContextTest, TrustsTheSystemWithoutACaFile) {
  EXPECT_TRUE(TlsContext::Load({}).ok());
}

TEST(TlsContextTest, NamesTheFileThatIsMissing) {
  EXPECT_THAT(Refusal({.ca_file = "/nonexistent/ca.crt"}),
              AllOf(HasSubstr("CA file /nonexistent/ca.crt"),
                    HasSubstr("No such file or directory")));
}

TEST(TlsContextTest, NamesTheFileThatIsNoCertificate) {
  const TestTlsFiles files;
  const std::string path = files.Path("client.crt");
  std::ofstream(path, std::ios::trunc) << "s3cret\n";
  EXPECT_THAT(Refusal(files.ForClient(true)),
              AllOf(HasSubstr(path), Not(HasSubstr("s3cret"))));
}

TEST(TlsContextTest, RefusesAKeyOfAnotherCertificate) {
  const TestTlsFiles files;
  TlsFiles mixed = files.ForClient(true);
  mixed.key_file = files.Path("server.key");
  EXPECT_THAT(Refusal(mixed),
              AllOf(HasSubstr(mixed.key_file), HasSubstr("mismatch")));
}

TEST(TlsContextTest, RefusesAKeyWithAPassphraseInsteadOfAskingForIt) {
  const TestTlsFiles files;
  TlsFiles locked = files.ForClient(true);
  locked.key_file = files.Path("locked.key");
  ASSERT_EQ(std::system(("openssl ec -aes256 -passout pass:s3cret -in " +
                         files.Path("client.key") + " -out " + locked.key_file +
                         " 2>/dev/null")
                            .c_str()),
            0);
  EXPECT_THAT(Refusal(locked), HasSubstr(locked.key_file));
}

TEST(TlsContextTest, RefusesACertificateWithoutAKeyAndAKeyWithoutOne) {
  Refusal({.certificate_file = "/client.crt"});
  Refusal({.key_file = "/client.key"});
}

}  // namespace
}  // namespace slotplanner
