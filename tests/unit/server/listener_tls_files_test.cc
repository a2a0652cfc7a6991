// SPDX-License-Identifier: Apache-2.0
#include "server/listener_tls_files.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/tls_files.h"

namespace slotplanner {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string ReadAll(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class ReadListenerTlsFilesTest : public testing::Test {
 protected:
  ListenerTlsFiles Files() const {
    return {.certificate_file = made_.Path("server.crt"),
            .key_file = made_.Path("server.key"),
            .client_ca_file = made_.Path("ca.crt")};
  }

  std::string Path(const std::string& name) const { return made_.Path(name); }

  // A file of the test with this text.
  std::string Write(const std::string& text) const {
    std::ofstream(made_.Path("written")) << text;
    return made_.Path("written");
  }

  // What is wrong with the files, and nothing that is in them.
  static std::string ErrorOf(const ListenerTlsFiles& files,
                             absl::Time now = absl::Now()) {
    const absl::Status status = ReadListenerTlsFiles(files, now).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                AllOf(Not(HasSubstr("BEGIN")), Not(HasSubstr("secret"))));
    return std::string(status.message());
  }

  const TestTlsFiles made_;
};

TEST_F(ReadListenerTlsFilesTest, GivesWhatIsInThem) {
  const absl::Time now = absl::Now();
  const auto contents = ReadListenerTlsFiles(Files(), now);
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(contents->certificate_pem, ReadAll(Path("server.crt")));
  EXPECT_EQ(contents->key_pem, ReadAll(Path("server.key")));
  EXPECT_EQ(contents->client_ca_pem, ReadAll(Path("ca.crt")));
  // make_tls_files: valid for a day.
  EXPECT_GT(contents->expiry_time, now + absl::Hours(23));
  EXPECT_LE(contents->expiry_time, now + absl::Hours(24));
}

TEST_F(ReadListenerTlsFilesTest, NeedsNoAuthorities) {
  ListenerTlsFiles files = Files();
  files.client_ca_file = "";
  const auto contents = ReadListenerTlsFiles(files, absl::Now());
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(contents->client_ca_pem, "");
}

TEST_F(ReadListenerTlsFilesTest, TakesAChainAndSeveralAuthorities) {
  ListenerTlsFiles files = Files();
  std::filesystem::copy_file(
      Write(ReadAll(Path("server.crt")) + ReadAll(Path("ca.crt"))),
      Path("chain"));
  files.certificate_file = Path("chain");
  files.client_ca_file =
      Write(ReadAll(Path("ca.crt")) + ReadAll(Path("client.crt")));
  EXPECT_TRUE(ReadListenerTlsFiles(files, absl::Now()).ok());
}

TEST_F(ReadListenerTlsFilesTest, NamesTheFileThatIsMissing) {
  ListenerTlsFiles files = Files();
  files.certificate_file = Path("none");
  EXPECT_EQ(ErrorOf(files),
            absl::StrCat("The TLS certificate file ", Path("none"),
                         " cannot be used: it cannot be read, or it is "
                         "empty."));
  files = Files();
  files.key_file = Path("none");
  EXPECT_THAT(ErrorOf(files), HasSubstr("The TLS key file "));
  files = Files();
  files.client_ca_file = Path("none");
  EXPECT_THAT(ErrorOf(files), HasSubstr("The TLS client CA file "));
}

TEST_F(ReadListenerTlsFilesTest, RefusesAnyPartOfAFile) {
  const std::string certificate = ReadAll(Path("server.crt"));
  const std::string key = ReadAll(Path("server.key"));
  const std::string authority = ReadAll(Path("ca.crt"));
  // Without its last line or more; the last newline may be missing.
  for (size_t size = 0; size + 2 < certificate.size(); size += 7) {
    ListenerTlsFiles files = Files();
    files.certificate_file = Write(certificate.substr(0, size));
    EXPECT_THAT(ErrorOf(files), HasSubstr("The TLS certificate file ")) << size;
    // Behind a whole one, as in a chain.
    files.certificate_file =
        Write(certificate + authority.substr(0, 60 + size / 2));
    EXPECT_THAT(ErrorOf(files), HasSubstr("The TLS certificate file ")) << size;
  }
  for (size_t size = 0; size + 2 < key.size(); size += 7) {
    ListenerTlsFiles files = Files();
    files.key_file = Write(key.substr(0, size));
    EXPECT_THAT(ErrorOf(files), HasSubstr("The TLS key file ")) << size;
  }
  for (size_t size = 0; size + 2 < authority.size(); size += 7) {
    ListenerTlsFiles files = Files();
    files.client_ca_file = Write(authority.substr(0, size));
    EXPECT_THAT(ErrorOf(files), HasSubstr("The TLS client CA file ")) << size;
  }
}

TEST_F(ReadListenerTlsFilesTest, RefusesTheKeyOfAnotherCertificate) {
  ListenerTlsFiles files = Files();
  files.key_file = Path("client.key");
  EXPECT_EQ(ErrorOf(files),
            absl::StrCat("The TLS key file ", Path("client.key"),
                         " cannot be used: key values mismatch."));
}

TEST_F(ReadListenerTlsFilesTest, RefusesAKeyOfAnotherKind) {
  const std::string key = Path("rsa.key");
  ASSERT_EQ(
      std::system(absl::StrCat("openssl genrsa -out ", key, " 2048 2>/dev/null")
                      .c_str()),
      0);
  ListenerTlsFiles files = Files();
  files.key_file = key;
  EXPECT_THAT(ErrorOf(files), HasSubstr("The TLS key file "));
}

TEST_F(ReadListenerTlsFilesTest, AsksNobodyForAPassphrase) {
  const std::string locked = Path("locked.key");
  ASSERT_EQ(std::system(absl::StrCat(
                            "openssl ec -in ", Path("server.key"), " -out ",
                            locked, " -aes128 -passout pass:secret 2>/dev/null")
                            .c_str()),
            0);
  ListenerTlsFiles files = Files();
  files.key_file = locked;
  EXPECT_THAT(ErrorOf(files), HasSubstr("The TLS key file "));
}

TEST_F(ReadListenerTlsFilesTest, RefusesWhatIsNoCertificate) {
  ListenerTlsFiles files = Files();
  files.certificate_file = Write("secret");
  EXPECT_THAT(ErrorOf(files), HasSubstr("no start line"));
  files = Files();
  files.client_ca_file = Path("server.key");
  EXPECT_THAT(ErrorOf(files), HasSubstr("The TLS client CA file "));
}

TEST_F(ReadListenerTlsFilesTest, RefusesAFileWithoutEnd) {
  ListenerTlsFiles files = Files();
  files.client_ca_file = "/dev/zero";
  EXPECT_THAT(ErrorOf(files), HasSubstr("more than a mebibyte"));
}

TEST_F(ReadListenerTlsFilesTest, RefusesACertificateOutsideOfItsTime) {
  const auto contents = ReadListenerTlsFiles(Files(), absl::Now());
  ASSERT_TRUE(contents.ok()) << contents.status();
  const absl::Time expiry = contents->expiry_time;
  const absl::Duration tick = absl::Seconds(1);
  EXPECT_TRUE(ReadListenerTlsFiles(Files(), expiry - tick).ok());
  EXPECT_EQ(ErrorOf(Files(), expiry),
            absl::StrCat("The TLS certificate file ", Path("server.crt"),
                         " cannot be used: the certificate expired at ",
                         absl::FormatTime(expiry, absl::UTCTimeZone()), "."));
  const absl::Time begin = expiry - absl::Hours(24);
  EXPECT_TRUE(ReadListenerTlsFiles(Files(), begin).ok());
  EXPECT_THAT(ErrorOf(Files(), begin - tick), HasSubstr("is valid only from"));
}

}  // namespace
}  // namespace slotplanner
