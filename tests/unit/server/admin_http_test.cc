// SPDX-License-Identifier: Apache-2.0
#include "server/admin_http.h"

#include <memory>
#include <string>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <prometheus/counter.h>
#include <prometheus/registry.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace slotplanner {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

Readiness AlwaysReady() {
  return [] { return absl::OkStatus(); };
}

Readiness NotReady() {
  return [] { return absl::UnavailableError("Not yet."); };
}

class AnswerAdminRequestTest : public testing::Test {
 protected:
  AnswerAdminRequestTest() {
    prometheus::BuildCounter()
        .Name("apples_total")
        .Help("Apples.")
        .Register(metrics_)
        .Add({})
        .Increment();
  }

  AdminResponse Get(std::string_view path,
                    const Readiness& readiness = AlwaysReady()) const {
    return AnswerAdminRequest("GET", path, metrics_, readiness);
  }

  prometheus::Registry metrics_;
};

TEST_F(AnswerAdminRequestTest, ServesMetricsInPrometheusTextFormat) {
  const AdminResponse response = Get("/metrics");
  EXPECT_EQ(response.code, 200);
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(response.body,
              HasSubstr("# TYPE apples_total counter\napples_total 1\n"));
}

TEST_F(AnswerAdminRequestTest, IsHealthyWhileTheProcessLives) {
  EXPECT_EQ(Get("/healthz", NotReady()).code, 200);
}

TEST_F(AnswerAdminRequestTest, IsReadyWhenTheServerIs) {
  EXPECT_EQ(Get("/readyz").code, 200);
  EXPECT_EQ(Get("/readyz").body, "Ready.\n");
}

TEST_F(AnswerAdminRequestTest, SaysInOneLineWhyItIsNotReady) {
  EXPECT_EQ(Get("/readyz", NotReady()).code, 503);
  EXPECT_EQ(Get("/readyz", NotReady()).body, "Not yet.\n");
}

TEST_F(AnswerAdminRequestTest, KnowsNoOtherPath) {
  for (const char* path :
       {"", "/", "/metrics/", "/metricsx", "/etc/passwd", "/Metrics"}) {
    EXPECT_EQ(Get(path).code, 404) << path;
  }
}

TEST_F(AnswerAdminRequestTest, AllowsReadingOnly) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get"}) {
    EXPECT_EQ(
        AnswerAdminRequest(method, "/healthz", metrics_, AlwaysReady()).code,
        405)
        << method;
  }
  EXPECT_EQ(
      AnswerAdminRequest("HEAD", "/healthz", metrics_, AlwaysReady()).code,
      200);
}

std::unique_ptr<AdminHttp> Start(const std::string& address,
                                 const prometheus::Registry& metrics) {
  auto http = AdminHttp::Start(ParseListenAddress(address).value(), metrics,
                               NotReady());
  EXPECT_TRUE(http.ok()) << address << ": " << http.status();
  return *std::move(http);
}

// All that comes back for `request` until the server closes.
std::string Exchange(int port, const std::string& request) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<uint16_t>(port));
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name),
            0);
  EXPECT_EQ(send(fd, request.data(), request.size(), 0),
            static_cast<ssize_t>(request.size()));
  std::string response;
  char buffer[4096];
  for (ssize_t n; (n = recv(fd, buffer, sizeof buffer, 0)) > 0;) {
    response.append(buffer, static_cast<size_t>(n));
  }
  close(fd);
  return response;
}

std::string Request(int port, std::string_view method, std::string_view path) {
  return Exchange(port,
                  absl::StrCat(std::string(method), " ", std::string(path),
                               " HTTP/1.1\r\nHost: localhost\r\n\r\n"));
}

// One test for all that needs a socket: stopping a listener takes 2 s.
TEST(AdminHttpTest, SpeaksHttp) {
  const prometheus::Registry metrics;
  const auto http = Start("localhost:0", metrics);
  const int port = http->port();
  ASSERT_GT(port, 0);

  EXPECT_THAT(Request(port, "GET", "/metrics?name[]=up"),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"),
                    HasSubstr("Content-Type: text/plain; version=0.0.4; "
                              "charset=utf-8\r\n"),
                    HasSubstr("Connection: close\r\n")));
  EXPECT_THAT(Request(port, "GET", "/readyz"),
              AllOf(StartsWith("HTTP/1.1 503 Service Unavailable\r\n"),
                    HasSubstr("Content-Length: 9\r\n"),
                    EndsWith("\r\n\r\nNot yet.\n")));
  EXPECT_THAT(Request(port, "HEAD", "/readyz"),
              AllOf(StartsWith("HTTP/1.1 503 Service Unavailable\r\n"),
                    HasSubstr("Content-Length: 9\r\n"), EndsWith("\r\n\r\n")));
  EXPECT_THAT(Request(port, "POST", "/metrics"),
              AllOf(StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"),
                    HasSubstr("Allow: GET, HEAD\r\n")));
  for (const char* path : {"/../etc/passwd", "/%2e%2e/etc/passwd", "/"}) {
    EXPECT_THAT(Request(port, "GET", path), StartsWith("HTTP/1.1 404 "))
        << path;
  }
  EXPECT_THAT(Exchange(port, std::string("\0\xff\r\n\r\n", 6)),
              HasSubstr(" 400 Bad Request\r\n"));
  EXPECT_THAT(Request(port, "GET", "/healthz"), StartsWith("HTTP/1.1 200 "));

  EXPECT_THAT(
      std::string(
          AdminHttp::Start(
              ParseListenAddress(absl::StrCat("127.0.0.1:", port)).value(),
              metrics, NotReady())
              .status()
              .message()),
      StartsWith(absl::StrCat("cannot listen on 127.0.0.1:", port)));
}

}  // namespace
}  // namespace slotplanner
