// SPDX-License-Identifier: Apache-2.0
// grpc.health.v1.Health over real connections.
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "server/health_service.h"

namespace slotplanner {
namespace {

using Request = grpc::health::v1::HealthCheckRequest;
using Response = grpc::health::v1::HealthCheckResponse;
using Stub = grpc::health::v1::Health::Stub;

constexpr int kMaxWatchers = 4;
constexpr char kCaller[] = "caller";
constexpr char kStranger[] = "stranger";

// Lets all callers but one pass.
grpc::Status RefuseStranger(const grpc::CallbackServerContext& context) {
  if (context.client_metadata().find(kCaller)->second != kStranger) {
    return grpc::Status::OK;
  }
  return {grpc::StatusCode::UNAUTHENTICATED, "Say who you are."};
}

Request RequestFor(const std::string& name) {
  Request request;
  request.set_service(name);
  return request;
}

// One Watch call; its destructor cancels it.
class Watcher {
 public:
  Watcher(Stub& stub, const Request& request, const char* caller = "friend") {
    context_.AddMetadata(kCaller, caller);
    reader_ = stub.Watch(&context_, request);
  }
  Watcher(Stub& stub, const std::string& name)
      : Watcher(stub, RequestFor(name)) {}
  ~Watcher() {
    context_.TryCancel();
    if (!is_finished_) reader_->Finish();
  }

  // The next status; UNKNOWN, which is never sent, when there is no next one.
  Response::ServingStatus Next() {
    Response response;
    return reader_->Read(&response) ? response.status() : Response::UNKNOWN;
  }

  // How the call ended. Once, after `Next` has given nothing.
  grpc::StatusCode Finish() {
    is_finished_ = true;
    return reader_->Finish().error_code();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<Response>> reader_;
  bool is_finished_ = false;
};

class HealthServiceTest : public testing::Test {
 protected:
  HealthServiceTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    channel_ = grpc::CreateChannel(absl::StrCat("127.0.0.1:", port),
                                   grpc::InsecureChannelCredentials());
    stub_ = grpc::health::v1::Health::NewStub(channel_);
  }

  // The status that Check tells, or the code of its error.
  std::string Check(const Request& request, const char* caller = "friend") {
    grpc::ClientContext context;
    context.AddMetadata(kCaller, caller);
    Response response;
    const grpc::Status status = stub_->Check(&context, request, &response);
    return status.ok() ? Response::ServingStatus_Name(response.status())
                       : absl::StrCat("error ", status.error_code());
  }
  std::string Check(const std::string& name) { return Check(RequestFor(name)); }

  HealthService service_{kMaxWatchers, &RefuseStranger};
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<Stub> stub_;
};

const std::string kNotFound = absl::StrCat("error ", grpc::NOT_FOUND);

TEST_F(HealthServiceTest, ChecksWhatIsKnown) {
  EXPECT_EQ(Check(""), "SERVING");
  EXPECT_EQ(Check("api"), kNotFound);
  service_.SetServing("api", false);
  EXPECT_EQ(Check("api"), "NOT_SERVING");
  service_.SetServing("api", true);
  EXPECT_EQ(Check("api"), "SERVING");
  service_.Remove("api");
  EXPECT_EQ(Check("api"), kNotFound);
}

TEST_F(HealthServiceTest, SendsTheStatusNowAndEachChange) {
  service_.SetServing("api", false);
  Watcher watcher(*stub_, "api");
  EXPECT_EQ(watcher.Next(), Response::NOT_SERVING);
  service_.SetServing("api", true);
  EXPECT_EQ(watcher.Next(), Response::SERVING);
  // What is no change of this name is not sent.
  service_.SetServing("api", true);
  service_.SetServing("other", false);
  service_.SetServing("api", false);
  EXPECT_EQ(watcher.Next(), Response::NOT_SERVING);
}

TEST_F(HealthServiceTest, AWatcherSeesItsNameComeAndGo) {
  Watcher watcher(*stub_, "api");
  EXPECT_EQ(watcher.Next(), Response::SERVICE_UNKNOWN);
  service_.SetServing("api", true);
  EXPECT_EQ(watcher.Next(), Response::SERVING);
  service_.Remove("api");
  EXPECT_EQ(watcher.Next(), Response::SERVICE_UNKNOWN);
  service_.SetServing("api", false);
  EXPECT_EQ(watcher.Next(), Response::NOT_SERVING);
}

TEST_F(HealthServiceTest, StopsServingForGood) {
  service_.SetServing("api", true);
  Watcher process(*stub_, "");
  Watcher api(*stub_, "api");
  Watcher late(*stub_, "late");
  EXPECT_EQ(process.Next(), Response::SERVING);
  EXPECT_EQ(api.Next(), Response::SERVING);
  EXPECT_EQ(late.Next(), Response::SERVICE_UNKNOWN);
  service_.StopServing();
  EXPECT_EQ(process.Next(), Response::NOT_SERVING);
  EXPECT_EQ(api.Next(), Response::NOT_SERVING);
  service_.SetServing("api", true);
  service_.SetServing("late", true);
  EXPECT_EQ(late.Next(), Response::NOT_SERVING);
  EXPECT_EQ(Check(""), "NOT_SERVING");
  EXPECT_EQ(Check("api"), "NOT_SERVING");
}

TEST_F(HealthServiceTest, TheGateIsAskedFirst) {
  const std::string refused = absl::StrCat("error ", grpc::UNAUTHENTICATED);
  EXPECT_EQ(Check(RequestFor(""), kStranger), refused);
  EXPECT_EQ(Check(RequestFor("unknown"), kStranger), refused);
  Watcher watcher(*stub_, RequestFor(""), kStranger);
  EXPECT_EQ(watcher.Next(), Response::UNKNOWN);
  EXPECT_EQ(watcher.Finish(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(HealthServiceTest, RefusesWhatWouldOnlyBeKept) {
  Request unknown_field;
  Request::GetReflection()
      ->MutableUnknownFields(&unknown_field)
      ->AddLengthDelimited(1000, std::string(1000, 'x'));
  for (const Request& request :
       {RequestFor(std::string(1000, 'x')), unknown_field}) {
    EXPECT_EQ(Check(request), absl::StrCat("error ", grpc::INVALID_ARGUMENT));
    Watcher watcher(*stub_, request);
    EXPECT_EQ(watcher.Next(), Response::UNKNOWN);
    EXPECT_EQ(watcher.Finish(), grpc::StatusCode::INVALID_ARGUMENT);
  }
}

TEST_F(HealthServiceTest, TakesAsManyWatchersAsAllowed) {
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (int i = 0; i < kMaxWatchers; ++i) {
    watchers.push_back(std::make_unique<Watcher>(*stub_, ""));
    EXPECT_EQ(watchers.back()->Next(), Response::SERVING);
  }
  Watcher one_more(*stub_, "");
  EXPECT_EQ(one_more.Next(), Response::UNKNOWN);
  EXPECT_EQ(one_more.Finish(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(Check(""), "SERVING");

  // The place is free a moment after the caller has left.
  watchers.pop_back();
  while (Watcher(*stub_, "").Next() != Response::SERVING) {
  }
}

TEST_F(HealthServiceTest, EndedWatchesDoNotHoldUpTheShutdown) {
  Watcher watcher(*stub_, "");
  Watcher unknown(*stub_, "nonsense");
  EXPECT_EQ(watcher.Next(), Response::SERVING);
  EXPECT_EQ(unknown.Next(), Response::SERVICE_UNKNOWN);
  service_.EndWatches();
  EXPECT_EQ(watcher.Next(), Response::UNKNOWN);
  EXPECT_EQ(watcher.Finish(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(unknown.Next(), Response::UNKNOWN);

  Watcher late(*stub_, "");
  EXPECT_EQ(late.Next(), Response::UNKNOWN);
  EXPECT_EQ(late.Finish(), grpc::StatusCode::UNAVAILABLE);
  server_->Shutdown();  // Without a deadline: waits for all calls.
}

TEST_F(HealthServiceTest, ASlowWatcherSkipsToTheNewest) {
  service_.SetServing("api", false);
  Watcher watcher(*stub_, "api");
  EXPECT_EQ(watcher.Next(), Response::NOT_SERVING);
  // Each message has 7 bytes; the window of a stream that nobody reads is
  // 64 KiB.
  constexpr int kChanges = 100'000;
  for (int i = 0; i < kChanges; ++i) service_.SetServing("api", i % 2 == 0);
  service_.Remove("api");
  int count = 1;
  while (watcher.Next() != Response::SERVICE_UNKNOWN) ++count;
  EXPECT_LT(count, kChanges / 2);
}

TEST_F(HealthServiceTest, TellsThoseWhoStayWhileOthersComeAndGo) {
  Watcher stays(*stub_, "api");
  EXPECT_EQ(stays.Next(), Response::SERVICE_UNKNOWN);
  std::atomic<bool> is_over = false;
  std::vector<std::thread> visitors;
  // None leaves unheard: calls would come faster than they can be ended.
  for (int reads = 1; reads <= kMaxWatchers; ++reads) {
    visitors.emplace_back([this, reads, &is_over] {
      while (!is_over) {
        Watcher visitor(*stub_, "api");
        for (int i = 0; i < reads; ++i) visitor.Next();
      }
    });
  }
  for (int i = 0; i < 2000; ++i) {
    service_.SetServing("api", true);
    service_.Remove("api");
  }
  service_.SetServing("api", false);  // For the first time.
  auto last = Response::SERVICE_UNKNOWN;
  while (last != Response::NOT_SERVING) {
    const auto next = stays.Next();
    EXPECT_NE(next, last);
    if (next == Response::UNKNOWN) {
      ADD_FAILURE() << "The watch has ended.";
      break;
    }
    last = next;
  }
  is_over = true;
  service_.EndWatches();  // Visitors that wait for a change would stay.
  for (std::thread& visitor : visitors) visitor.join();
  server_->Shutdown();
}

}  // namespace
}  // namespace slotplanner
