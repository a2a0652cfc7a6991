// SPDX-License-Identifier: Apache-2.0
// TLS on our listeners: who is let in, who callers are, and certificates that
// are replaced while connections are open.
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/listener_tls.h"
#include "tests/support/listening_server.h"
#include "tests/support/tls_files.h"

namespace slotplanner {
namespace {

using testing::HasSubstr;

std::string ReadAll(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// Trusts the authority of `files`; shows a certificate if that is named, such
// as "client".
std::shared_ptr<grpc::ChannelCredentials> ClientCredentials(
    const TestTlsFiles& files, const std::string& certificate = "") {
  grpc::SslCredentialsOptions options = {
      .pem_root_certs = ReadAll(files.Path("ca.crt")),
      .pem_private_key = "",
      .pem_cert_chain = ""};
  if (!certificate.empty()) {
    options.pem_private_key = ReadAll(files.Path(certificate + ".key"));
    options.pem_cert_chain = ReadAll(files.Path(certificate + ".crt"));
  }
  return grpc::SslCredentials(options);
}

enum class ClientCertificates { kNone, kOptional, kRequired };

ListenerTlsFiles ServerFiles(const TestTlsFiles& files,
                             ClientCertificates clients) {
  return {
      .certificate_file = files.Path("server.crt"),
      .key_file = files.Path("server.key"),
      .client_ca_file =
          clients == ClientCertificates::kNone ? "" : files.Path("ca.crt"),
      .require_client_certificate = clients != ClientCertificates::kOptional};
}

// A server at two ports with the certificates of `files`.
class TlsServer {
 public:
  explicit TlsServer(const TestTlsFiles& files,
                     ClientCertificates clients = ClientCertificates::kNone)
      : tls_(ListenerTls::Load(ServerFiles(files, clients), absl::Now(),
                               metrics_)
                 .value()),
        server_({.addresses = {"127.0.0.1:0", "127.0.0.1:0"},
                 .credentials = tls_->MakeCredentials()}) {}

  std::shared_ptr<grpc::Channel> Connect(
      const std::shared_ptr<grpc::ChannelCredentials>& credentials,
      size_t listener = 0) const {
    return MakeTestChannel(
        absl::StrCat("127.0.0.1:", server_.addresses()[listener].port),
        credentials);
  }

  absl::StatusOr<std::string> Call(
      const std::shared_ptr<grpc::ChannelCredentials>& credentials,
      size_t listener = 0) const {
    return CallOver(Connect(credentials, listener));
  }

  ListenerTls& tls() { return *tls_; }
  double IsUsable() const {
    return MetricValue(metrics_, "slotplanner_tls_files_usable");
  }
  double Expiry() const {
    return MetricValue(metrics_,
                       "slotplanner_tls_certificate_expiry_timestamp_seconds");
  }

 private:
  prometheus::Registry metrics_;
  const std::unique_ptr<ListenerTls> tls_;
  const ListeningServer server_;
};

void ExpectRefused(const absl::StatusOr<std::string>& answer) {
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable)
      << answer.status();
}

double UnixSeconds(absl::Time time) {
  return absl::ToDoubleSeconds(time - absl::UnixEpoch());
}

TEST(ServerTlsTest, AsksForNoCertificateWithoutAuthorities) {
  const TestTlsFiles files;
  const TlsServer server(files);
  const auto answer = server.Call(ClientCredentials(files));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(*answer, "");
  // One that is shown unasked proves nothing.
  const auto with_certificate = server.Call(ClientCredentials(files, "server"));
  ASSERT_TRUE(with_certificate.ok()) << with_certificate.status();
  EXPECT_EQ(*with_certificate, "");
}

TEST(ServerTlsTest, RefusesPlainText) {
  const TestTlsFiles files;
  const TlsServer server(files);
  ExpectRefused(server.Call(grpc::InsecureChannelCredentials()));
}

TEST(ServerTlsTest, RequiresACertificate) {
  const TestTlsFiles files({"--client", "URI:spiffe://example/web"});
  const TestTlsFiles strangers({"--client", "URI:spiffe://example/web"});
  const TlsServer server(files, ClientCertificates::kRequired);
  const auto answer = server.Call(ClientCredentials(files, "client"));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(*answer, "spiffe://example/web");
  ExpectRefused(server.Call(ClientCredentials(files)));
  // Another authority's, of the same names.
  std::filesystem::copy_file(strangers.Path("client.crt"),
                             files.Path("stranger.crt"));
  std::filesystem::copy_file(strangers.Path("client.key"),
                             files.Path("stranger.key"));
  ExpectRefused(server.Call(ClientCredentials(files, "stranger")));
}

TEST(ServerTlsTest, LetsThoseWithoutACertificateInIfItIsOptional) {
  const TestTlsFiles files({"--client", "URI:spiffe://example/web"});
  const TestTlsFiles strangers({"--client", "URI:spiffe://example/web"});
  const TlsServer server(files, ClientCertificates::kOptional);
  const auto known = server.Call(ClientCredentials(files, "client"));
  ASSERT_TRUE(known.ok()) << known.status();
  EXPECT_EQ(*known, "spiffe://example/web");
  const auto unknown = server.Call(ClientCredentials(files));
  ASSERT_TRUE(unknown.ok()) << unknown.status();
  EXPECT_EQ(*unknown, "");
  std::filesystem::copy_file(strangers.Path("client.crt"),
                             files.Path("stranger.crt"));
  std::filesystem::copy_file(strangers.Path("client.key"),
                             files.Path("stranger.key"));
  ExpectRefused(server.Call(ClientCredentials(files, "stranger")));
}

TEST(ServerTlsTest, KnowsCallersByAllTheirNamesOnce) {
  const TestTlsFiles files({"--client", "URI:spiffe://example/ns/shop/sa/cart",
                            "--client", "DNS:cart.example", "--client",
                            "IP:192.0.2.7", "--client", "IP:2001:db8::7",
                            "--client", "email:cart@example.org", "--client",
                            "DNS:cart.example"});
  const TlsServer server(files, ClientCertificates::kRequired);
  const auto answer = server.Call(ClientCredentials(files, "client"));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(*answer,
            "spiffe://example/ns/shop/sa/cart\ncart.example\n192.0.2.7\n"
            "2001:db8::7\ncart@example.org");
}

TEST(ServerTlsTest, KnowsNoNameOfACertificateWithoutOne) {
  const TestTlsFiles files;  // The client has a common name only.
  const TlsServer server(files, ClientCertificates::kRequired);
  const auto answer = server.Call(ClientCredentials(files, "client"));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(*answer, "");
}

TEST(ServerTlsTest, ShowsANewCertificateToNewConnectionsOnly) {
  TestTlsFiles files({"--client", "URI:spiffe://example/old"});
  TlsServer server(files, ClientCertificates::kRequired);
  const auto old_credentials = ClientCredentials(files, "client");
  const auto open = server.Connect(old_credentials);
  ASSERT_TRUE(CallOver(open).ok());

  files.Rotate({"--client", "URI:spiffe://example/new"});
  const auto new_credentials = ClientCredentials(files, "client");
  ExpectRefused(server.Call(new_credentials));  // Nobody has looked yet.
  const absl::Status status = server.tls().Reload(absl::Now());
  ASSERT_TRUE(status.ok()) << status;

  const auto still_open = CallOver(open);
  ASSERT_TRUE(still_open.ok()) << still_open.status();
  EXPECT_EQ(*still_open, "spiffe://example/old");
  for (const size_t listener : {0U, 1U}) {
    const auto answer = server.Call(new_credentials, listener);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(*answer, "spiffe://example/new");
    ExpectRefused(server.Call(old_credentials, listener));
  }
  EXPECT_EQ(server.IsUsable(), 1);
  EXPECT_EQ(server.Expiry(), UnixSeconds(server.tls().expiry_time()));
}

TEST(ServerTlsTest, RotatesAgainAndAgain) {
  TestTlsFiles files;
  TlsServer server(files);
  for (size_t i = 0; i < 5; ++i) {
    files.Rotate();
    ASSERT_TRUE(server.tls().Reload(absl::Now()).ok());
    const auto answer = server.Call(ClientCredentials(files), i % 2);
    EXPECT_TRUE(answer.ok()) << answer.status();
  }
}

// What may go wrong when files are replaced.
class BadRotationTest : public testing::Test {
 protected:
  BadRotationTest() : good_credentials_(ClientCredentials(files_)) {}

  // The files are not taken, which shows, and nobody else notices.
  void ExpectOldOnes(const std::string& message) {
    for (int i = 0; i < 2; ++i) {
      EXPECT_THAT(std::string(server_.tls().Reload(absl::Now()).message()),
                  HasSubstr(message));
      EXPECT_EQ(server_.IsUsable(), 0);
      EXPECT_EQ(server_.Expiry(), expiry_);
      const auto answer = server_.Call(good_credentials_);
      EXPECT_TRUE(answer.ok()) << answer.status();
    }
  }

  // And then all is well.
  void ExpectNewOnes() {
    const absl::Status status = server_.tls().Reload(absl::Now());
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(server_.IsUsable(), 1);
    const auto answer = server_.Call(ClientCredentials(files_));
    EXPECT_TRUE(answer.ok()) << answer.status();
    ExpectRefused(server_.Call(good_credentials_));
  }

  TestTlsFiles files_;
  const std::shared_ptr<grpc::ChannelCredentials> good_credentials_;
  TlsServer server_{files_};
  const double expiry_ = server_.Expiry();
};

TEST_F(BadRotationTest, KeepsTheOldOnesWhileTheKeyIsNotThere) {
  const std::string old_key = ReadAll(files_.Path("server.key"));
  files_.Rotate();
  const std::string new_key = ReadAll(files_.Path("server.key"));
  std::ofstream(files_.Path("server.key")) << old_key;
  ExpectOldOnes("key values mismatch");
  std::ofstream(files_.Path("server.key")) << new_key;
  ExpectNewOnes();
}

TEST_F(BadRotationTest, KeepsTheOldOnesWhileAFileIsHalfWritten) {
  files_.Rotate();
  const std::string certificate = ReadAll(files_.Path("server.crt"));
  std::ofstream(files_.Path("server.crt"))
      << certificate.substr(0, certificate.size() / 2);
  ExpectOldOnes("The TLS certificate file ");
  std::ofstream(files_.Path("server.crt")) << certificate;
  ExpectNewOnes();
}

TEST_F(BadRotationTest, KeepsTheOldOnesWhileAFileIsMissing) {
  files_.Rotate();
  std::filesystem::rename(files_.Path("server.key"), files_.Path("away"));
  ExpectOldOnes("The TLS key file ");
  std::filesystem::rename(files_.Path("away"), files_.Path("server.key"));
  ExpectNewOnes();
}

TEST_F(BadRotationTest, KeepsTheOldOnesWhenTheNewOneHasExpired) {
  files_.Rotate({"--expired"});
  ExpectOldOnes("the certificate expired at ");
  files_.Rotate();
  ExpectNewOnes();
}

TEST_F(BadRotationTest, TakesANewOneWhenItsTimeComes) {
  files_.Rotate();
  const absl::Status early = server_.tls().Reload(absl::Now() - absl::Hours(1));
  EXPECT_THAT(std::string(early.message()), HasSubstr("is valid only from"));
  const auto answer = server_.Call(good_credentials_);
  EXPECT_TRUE(answer.ok()) << answer.status();
  ExpectNewOnes();  // Without another change of the files.
}

TEST_F(BadRotationTest, TellsThatTheCertificateInPlaceExpired) {
  const absl::Time expiry = server_.tls().expiry_time();
  EXPECT_TRUE(server_.tls().Reload(expiry - absl::Seconds(1)).ok());
  EXPECT_EQ(server_.IsUsable(), 1);
  EXPECT_THAT(std::string(server_.tls().Reload(expiry).message()),
              HasSubstr("the certificate expired at "));
  EXPECT_EQ(server_.IsUsable(), 0);
  // Better than none: clients may not look at the time.
  const auto answer = server_.Call(good_credentials_);
  EXPECT_TRUE(answer.ok()) << answer.status();
  files_.Rotate();
  ExpectNewOnes();
}

TEST(ListenerTlsTest, DoesNotStartWithFilesThatCannotBeUsed) {
  const TestTlsFiles expired({"--expired"});
  prometheus::Registry metrics;
  const auto tls = ListenerTls::Load(
      ServerFiles(expired, ClientCertificates::kNone), absl::Now(), metrics);
  EXPECT_EQ(tls.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(tls.status().message()),
              HasSubstr("the certificate expired at "));
}

}  // namespace
}  // namespace slotplanner
