// SPDX-License-Identifier: Apache-2.0
// What --healthcheck asks, of servers in this process.
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <prometheus/registry.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/admin_http.h"
#include "server/health.h"
#include "server/health_service.h"
#include "server/healthcheck.h"
#include "tests/support/tls_files.h"

namespace slotplanner {
namespace {

using testing::HasSubstr;

constexpr char kService[] = "orders";

std::string Contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

ListenAddress At(const std::string& host, int port) {
  return {.host = host, .port = port, .unix_path = {}};
}

// A listener that accepts nobody: connections are made, and nothing answers.
class MuteListener {
 public:
  MuteListener() {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(fd_, generic, size), 0);
    EXPECT_EQ(listen(fd_, 1), 0);
    EXPECT_EQ(getsockname(fd_, generic, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~MuteListener() { close(fd_); }
  MuteListener(const MuteListener&) = delete;
  MuteListener& operator=(const MuteListener&) = delete;

  int port() const { return port_; }

 private:
  const int fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
};

class AskHealthTest : public testing::Test {
 protected:
  void Listen(const std::string& host,
              const std::shared_ptr<grpc::ServerCredentials>& credentials =
                  grpc::InsecureServerCredentials()) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(host + ":0", credentials, &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(port_, 0);
  }

  // What is asked of the server on `host`.
  Healthcheck CheckAt(const std::string& host) const {
    return {.service = kService,
            .grpc_address = At(host, port_),
            .uses_tls = false,
            .admin_address = {},
            .asks_admin = false};
  }

  HealthService service_{/*max_watchers=*/0, /*gate=*/nullptr};
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(AskHealthTest, TellsWhetherTheServiceServes) {
  Listen("127.0.0.1");
  const Healthcheck check = CheckAt("127.0.0.1");
  EXPECT_THAT(AskHealth(check).message(), HasSubstr("no service of that name"));
  service_.SetServing(kService, false);
  EXPECT_EQ(
      AskHealth(check),
      absl::UnavailableError(ToString(check.grpc_address) + " is NOT_SERVING"));
  service_.SetServing(kService, true);
  EXPECT_EQ(AskHealth(check), absl::OkStatus());
}

TEST_F(AskHealthTest, AsksOnLoopbackWhoListensOnAllAddresses) {
  service_.SetServing(kService, false);
  for (const char* const host : {"0.0.0.0", "[::]"}) {
    Listen(host);
    const std::string bare = host[0] == '[' ? "::" : host;
    EXPECT_EQ(AskHealth(CheckAt(bare)),
              absl::UnavailableError(ToString(At("127.0.0.1", port_)) +
                                     " is NOT_SERVING"));
  }
}

TEST_F(AskHealthTest, DoesNotVerifyTheCertificate) {
  // Of another host, by an authority that nobody knows.
  const TestTlsFiles files({"--host", "planner.example"});
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back(
      {Contents(files.Path("server.key")), Contents(files.Path("server.crt"))});
  Listen("127.0.0.1", grpc::SslServerCredentials(options));
  service_.SetServing(kService, true);
  Healthcheck check = CheckAt("127.0.0.1");
  check.uses_tls = true;
  EXPECT_EQ(AskHealth(check), absl::OkStatus());
  check.uses_tls = false;
  EXPECT_EQ(AskHealth(check).code(), absl::StatusCode::kUnavailable);
}

TEST_F(AskHealthTest, DoesNotWaitForEver) {
  const MuteListener listener;
  Healthcheck check = CheckAt("127.0.0.1");
  check.timeout = absl::Milliseconds(50);
  check.grpc_address.port = listener.port();
  EXPECT_EQ(AskHealth(check).code(), absl::StatusCode::kUnavailable);
  check.service = "";
  check.asks_admin = true;
  check.admin_address = check.grpc_address;
  EXPECT_THAT(AskHealth(check).message(), HasSubstr("no answer in time"));
}

TEST_F(AskHealthTest, CannotKnowAPortThatTheSystemChose) {
  Healthcheck check = CheckAt("127.0.0.1");
  check.grpc_address.port = 0;
  const absl::Status grpc_port = AskHealth(check);
  EXPECT_EQ(grpc_port.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(grpc_port.message(), HasSubstr("--grpc_listen"));
  check.asks_admin = true;
  check.service = "";
  check.admin_address = At("127.0.0.1", 0);
  EXPECT_THAT(AskHealth(check).message(), HasSubstr("--admin_listen"));
}

TEST_F(AskHealthTest, AsksTheAdminPagesWhereGrpcIsClosed) {
  const prometheus::Registry metrics;
  absl::Status readiness = absl::UnavailableError("Not yet.");
  const auto admin =
      AdminHttp::Start(At("127.0.0.1", 0), metrics, [&] { return readiness; });
  ASSERT_TRUE(admin.ok()) << admin.status();
  Healthcheck check = {.service = kApiServiceName,
                       .grpc_address = At("127.0.0.1", 0),
                       .uses_tls = true,
                       .admin_address = At("0.0.0.0", (*admin)->port()),
                       .asks_admin = true};
  EXPECT_EQ(AskHealth(check),
            absl::UnavailableError("http://" +
                                   ToString(At("127.0.0.1", (*admin)->port())) +
                                   "/readyz says: Not yet."));
  readiness = absl::OkStatus();
  EXPECT_EQ(AskHealth(check), absl::OkStatus());

  // The process lives, ready or not.
  readiness = absl::UnavailableError("No more.");
  check.service = "";
  EXPECT_EQ(AskHealth(check), absl::OkStatus());
  check.service = "slotplanner.v1.SlotPlannerService/orders";
  EXPECT_EQ(AskHealth(check).code(), absl::StatusCode::kInvalidArgument);
}

TEST(HealthcheckOfTest, AsksTheFirstAddress) {
  ServerOptions options;
  options.grpc_listen = {At("10.0.0.1", 1), At("10.0.0.2", 2)};
  const Healthcheck check = HealthcheckOf(options, "name");
  EXPECT_EQ(check.grpc_address, options.grpc_listen[0]);
  EXPECT_EQ(check.admin_address, options.admin_listen);
  EXPECT_EQ(check.service, "name");
}

}  // namespace
}  // namespace slotplanner
