// SPDX-License-Identifier: Apache-2.0
// What calls may cost together, over real connections: how many are under way,
// the bytes that they hold, and how many large ones wait for a worker. Calls
// are held where the test wants them: those that wait for a refresh until it
// says that there was one, large ones behind workers that it keeps busy.
#include <array>
#include <cstdint>
#include <future>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include "slotplanner/rpc/v1/error_details.pb.h"
#include "slotplanner/v1/slot_planner_service.grpc.pb.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/rpc/bulk_call.h"
#include "service/rpc/services.h"
#include "service/slots/hash_slot.h"
#include "tests/support/serving.h"

namespace slotplanner {
namespace {

constexpr char kInProgress[] = "slotplanner_calls_in_progress";
constexpr char kBufferedBytes[] = "slotplanner_buffered_bytes";
constexpr char kQueuedCalls[] = "slotplanner_queued_calls";

// So many that a request of them is large.
constexpr int kManyKeys = 10'000;

v1::GroupKeysRequest RequestOfKeys(int count) {
  v1::GroupKeysRequest request;
  for (int i = 0; i < count; ++i) request.add_keys(absl::StrCat("user:", i));
  return request;
}

v1::PlanBatchRequest RequestOfCommands(int count) {
  v1::PlanBatchRequest request;
  for (int i = 0; i < count; ++i) {
    v1::Command& command = *request.add_commands();
    command.add_args("MGET");
    command.add_args(absl::StrCat("user:", i));
    command.add_args(absl::StrCat("cart:", i));
  }
  return request;
}

// `request` and bytes that mean nothing, so that it becomes large.
template <typename Request>
Request Padded(Request request) {
  request.GetReflection()->MutableUnknownFields(&request)->AddLengthDelimited(
      /*number=*/1000, std::string(kLargeRequestBytes, 'x'));
  return request;
}

// Only a hanging test reaches it, and ends then.
void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
}

// The status of OVERLOADED, in all its parts.
void ExpectOverloaded(const grpc::Status& status, const std::string& limit) {
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED)
      << status.error_message();
  rpc::v1::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  rpc::v1::ErrorInfo info;
  rpc::v1::RetryInfo retry;
  for (const auto& detail : details.details()) {
    if (detail.type_url() == "type.googleapis.com/google.rpc.ErrorInfo") {
      ASSERT_TRUE(info.ParseFromString(detail.value()));
    }
    if (detail.type_url() == "type.googleapis.com/google.rpc.RetryInfo") {
      ASSERT_TRUE(retry.ParseFromString(detail.value()));
    }
  }
  EXPECT_EQ(info.reason(), "OVERLOADED");
  ASSERT_EQ(info.metadata().count("limit"), 1u);
  EXPECT_EQ(info.metadata().at("limit"), limit);
  EXPECT_GT(retry.retry_delay().seconds(), 0);
}

class CallLimitsTest : public testing::Test {
 protected:
  explicit CallLimitsTest(const CallLimits& limits = {})
      : serving_({"default"}, {.call_limits = limits}) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    stub_ = v1::SlotPlannerService::NewStub(grpc::CreateChannel(
        absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
    const auto topology =
        std::make_shared<const ClusterTopology>(MakeEvenTopology(3));
    serving_.cluster().store.Publish(std::make_shared<const ClusterSnapshot>(
        ClusterSnapshot{.topology = topology,
                        .catalog = CommandCatalog::Redis70(),
                        .confirm_time = absl::Now(),
                        .migrations = {}}));
    version_ = topology->version();
  }

  ~CallLimitsTest() override {
    serving_.cluster().refresh_requests.Close();
    server_->Shutdown();
  }

  // Takes these limits from now on.
  void SetLimits(const CallLimits& limits) {
    const auto state = serving_.state.Get();
    ServingState changed = *state;
    changed.call_limits = limits;
    serving_.state.Replace(std::move(changed));
  }

  grpc::Status Group(const v1::GroupKeysRequest& request,
                     v1::GroupKeysResponse* response = nullptr) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::GroupKeysResponse unused;
    return stub_->GroupKeys(&context, request,
                            response == nullptr ? &unused : response);
  }

  grpc::Status Keyslot() {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::KeyslotResponse response;
    return stub_->Keyslot(&context, {}, &response);
  }

  // Begins a call with a key of so many bytes that `Release` ends.
  std::future<grpc::Status> Hold(int key_bytes = 1) {
    v1::GroupKeysRequest request;
    request.add_keys(std::string(static_cast<size_t>(key_bytes), 'k'));
    request.set_outdated_topology_version(version_);
    return std::async(std::launch::async, [this, request = std::move(request)] {
      return Group(request);
    });
  }

  // Begins a large call.
  std::future<grpc::Status> BeginLarge() {
    return std::async(std::launch::async,
                      [this] { return Group(RequestOfKeys(kManyKeys)); });
  }

  void Release() {
    serving_.cluster().refresh_requests.BeginRefresh();
    serving_.cluster().refresh_requests.EndRefresh();
  }

  double Gauge(const std::string& name) const {
    for (const auto& family : serving_.gate.Collect()) {
      if (family.name == name) return family.metric[0].gauge.value;
    }
    return -1;
  }

  void WaitFor(const std::string& name, double value) const {
    while (Gauge(name) != value) std::this_thread::yield();
  }

  // Nothing is under way, though gRPC tells the end of a call a little later
  // than its caller.
  void WaitForNothing() const {
    WaitFor(kInProgress, 0);
    WaitFor(kBufferedBytes, 0);
    WaitFor(kQueuedCalls, 0);
  }

  double Refused(const std::string& reason) const {
    return CounterOf("slotplanner_refused_calls_total", reason);
  }

  // How many calls of GroupKeys have ended so.
  double Handled(const std::string& code) const {
    return CounterOf("grpc_server_handled_total", "GroupKeys", code);
  }

  // How many calls a worker has begun.
  uint64_t BegunByWorkers() const {
    const std::vector<prometheus::MetricFamily> families =
        serving_.metrics.Collect();
    for (const auto& family : families) {
      if (family.name == "slotplanner_queue_delay_seconds") {
        return family.metric[0].histogram.sample_count;
      }
    }
    ADD_FAILURE();
    return 0;
  }

  Serving serving_;
  std::unique_ptr<grpc::Service> service_ =
      MakeSlotPlannerService(serving_.gate, serving_.metrics);
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::SlotPlannerService::Stub> stub_;
  std::string version_;

 private:
  // The counter of that name that has all these values of labels.
  double CounterOf(const std::string& name, const std::string& value,
                   const std::string& other_value = "") const {
    const auto has = [](const prometheus::ClientMetric& metric,
                        const std::string& wanted) {
      for (const auto& label : metric.label) {
        if (label.value == wanted) return true;
      }
      return wanted.empty();
    };
    const std::vector<prometheus::MetricFamily> families =
        serving_.metrics.Collect();
    for (const auto& family : families) {
      if (family.name != name) continue;
      for (const auto& metric : family.metric) {
        if (has(metric, value) && has(metric, other_value)) {
          return metric.counter.value;
        }
      }
    }
    ADD_FAILURE() << name;
    return -1;
  }
};

// Keeps both workers of a gate busy until destroyed.
class BusyWorkers {
 public:
  explicit BusyWorkers(CallGate& gate) {
    for (int i = 0; i < kWorkers; ++i) {
      const auto refusal = gate.RunOnWorker(
          [this] {
            begun_.count_down();
            released_.wait();
            ended_.count_down();
          },
          {});
      EXPECT_FALSE(refusal.has_value());
    }
    begun_.wait();
  }
  ~BusyWorkers() {
    released_.count_down();
    ended_.wait();
  }
  BusyWorkers(const BusyWorkers&) = delete;
  BusyWorkers& operator=(const BusyWorkers&) = delete;

 private:
  static constexpr int kWorkers = 2;  // Those of `Serving`.
  std::latch begun_{kWorkers};
  std::latch released_{1};
  std::latch ended_{kWorkers};
};

class ConcurrentCallsTest : public CallLimitsTest {
 protected:
  ConcurrentCallsTest() : CallLimitsTest({.max_concurrent_calls = 3}) {}
};

TEST_F(ConcurrentCallsTest, AreAllowedUpToTheLimit) {
  std::vector<std::future<grpc::Status>> held;
  for (int i = 1; i <= 3; ++i) {
    held.push_back(Hold());
    WaitFor(kInProgress, i);
  }
  // Every method is held to it.
  ExpectOverloaded(Keyslot(), "3");
  ExpectOverloaded(Group(RequestOfKeys(1)), "3");
  ExpectOverloaded(Group(RequestOfKeys(kManyKeys)), "3");
  EXPECT_EQ(Refused("concurrent_calls"), 3);
  EXPECT_EQ(Gauge(kInProgress), 3);  // What is refused does not count.

  Release();
  for (auto& call : held) EXPECT_TRUE(call.get().ok());
  WaitForNothing();
  EXPECT_TRUE(Keyslot().ok());
  EXPECT_EQ(Refused("concurrent_calls"), 3);
}

TEST_F(ConcurrentCallsTest, HaveRoomAgainWhenOneEnds) {
  auto first = Hold();
  auto second = Hold();
  WaitFor(kInProgress, 2);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(Keyslot().ok());
    WaitFor(kInProgress, 2);
  }
  EXPECT_EQ(Refused("concurrent_calls"), 0);
  Release();
  EXPECT_TRUE(first.get().ok());
  EXPECT_TRUE(second.get().ok());
}

TEST_F(ConcurrentCallsTest, TakeAnotherLimitWhileTheyRun) {
  auto held = Hold();
  WaitFor(kInProgress, 1);
  SetLimits({.max_concurrent_calls = 1});
  ExpectOverloaded(Keyslot(), "1");
  SetLimits({.max_concurrent_calls = 2});
  EXPECT_TRUE(Keyslot().ok());
  Release();
  EXPECT_TRUE(held.get().ok());
}

constexpr int kQuota = 100'000;

class MemoryQuotaTest : public CallLimitsTest {
 protected:
  MemoryQuotaTest() : CallLimitsTest({.memory_quota_bytes = kQuota}) {}
};

TEST_F(MemoryQuotaTest, HoldsTheBytesOfAllRequests) {
  auto held = Hold(kQuota / 2);
  WaitFor(kInProgress, 1);
  EXPECT_GT(Gauge(kBufferedBytes), kQuota / 2);
  v1::GroupKeysRequest as_large;
  as_large.add_keys(std::string(kQuota / 2, 'k'));
  ExpectOverloaded(Group(as_large), absl::StrCat(kQuota));
  EXPECT_EQ(Refused("memory"), 1);
  EXPECT_TRUE(Keyslot().ok());  // For which there is room.

  Release();
  EXPECT_TRUE(held.get().ok());
  WaitForNothing();
  EXPECT_TRUE(Group(as_large).ok());
  EXPECT_EQ(Refused("memory"), 1);
}

TEST_F(MemoryQuotaTest, LetsARequestBeyondItInAlone) {
  v1::GroupKeysRequest request;
  request.add_keys(std::string(2 * kQuota, 'k'));
  EXPECT_TRUE(Group(request).ok());
  WaitForNothing();
  auto held = Hold();
  WaitFor(kInProgress, 1);
  ExpectOverloaded(Group(request), absl::StrCat(kQuota));
  Release();
  EXPECT_TRUE(held.get().ok());
}

class QueueTest : public CallLimitsTest {
 protected:
  QueueTest()
      : CallLimitsTest({.max_queued_calls = 2, .max_queue_delay = kLong}) {}
  static constexpr absl::Duration kLong = absl::Hours(1);
};

TEST_F(QueueTest, TakesLargeCallsUpToItsLength) {
  std::vector<std::future<grpc::Status>> queued;
  {
    const BusyWorkers busy(serving_.gate);
    for (int i = 1; i <= 2; ++i) {
      queued.push_back(BeginLarge());
      WaitFor(kQueuedCalls, i);
    }
    ExpectOverloaded(Group(RequestOfKeys(kManyKeys)), "2");
    EXPECT_EQ(Refused("queue_length"), 1);
    // Small ones do not wait behind large ones.
    EXPECT_TRUE(Keyslot().ok());
    EXPECT_TRUE(Group(RequestOfKeys(100)).ok());
    EXPECT_EQ(Gauge(kQueuedCalls), 2);
  }
  for (auto& call : queued) EXPECT_TRUE(call.get().ok());
  WaitForNothing();
  EXPECT_EQ(Refused("queue_length"), 1);
}

TEST_F(QueueTest, OfLengthZeroTakesWhatAWorkerIsFreeFor) {
  SetLimits({.max_queued_calls = 0, .max_queue_delay = kLong});
  EXPECT_TRUE(Group(RequestOfKeys(kManyKeys)).ok());
  {
    const BusyWorkers busy(serving_.gate);
    ExpectOverloaded(Group(RequestOfKeys(kManyKeys)), "0");
  }
  EXPECT_EQ(Refused("queue_length"), 1);
}

TEST_F(QueueTest, TakesNoMoreBehindWhatWaitsTooLong) {
  SetLimits({.max_queued_calls = 100, .max_queue_delay = absl::ZeroDuration()});
  std::future<grpc::Status> queued;
  {
    const BusyWorkers busy(serving_.gate);
    queued = BeginLarge();
    WaitFor(kQueuedCalls, 1);
    ExpectOverloaded(Group(RequestOfKeys(kManyKeys)), "0");
    EXPECT_EQ(Refused("queue_delay"), 1);
  }
  EXPECT_TRUE(queued.get().ok());  // It is answered all the same.
  WaitForNothing();
  EXPECT_TRUE(Group(RequestOfKeys(kManyKeys)).ok());
  EXPECT_EQ(Refused("queue_delay"), 1);
}

TEST_F(QueueTest, AnswersLargeRequestsAsSmallOnes) {
  v1::GroupKeysRequest keys = RequestOfKeys(300);
  for (const v1::Grouping grouping : {v1::GROUPING_SLOT, v1::GROUPING_NODE}) {
    keys.set_grouping(grouping);
    v1::GroupKeysResponse small;
    v1::GroupKeysResponse large;
    const uint64_t before = BegunByWorkers();
    ASSERT_TRUE(Group(keys, &small).ok());
    EXPECT_EQ(BegunByWorkers(), before);
    ASSERT_TRUE(Group(Padded(keys), &large).ok());
    EXPECT_EQ(BegunByWorkers(), before + 1);
    EXPECT_EQ(small.slots_size(), 300);
    EXPECT_EQ(large.SerializeAsString(), small.SerializeAsString());
  }

  const v1::PlanBatchRequest commands = RequestOfCommands(300);
  std::array<v1::PlanBatchResponse, 2> plans;
  grpc::ClientContext small_context;
  ASSERT_TRUE(stub_->PlanBatch(&small_context, commands, &plans[0]).ok());
  const uint64_t before = BegunByWorkers();
  grpc::ClientContext large_context;
  ASSERT_TRUE(
      stub_->PlanBatch(&large_context, Padded(commands), &plans[1]).ok());
  EXPECT_EQ(BegunByWorkers(), before + 1);
  EXPECT_EQ(plans[0].command_plans_size(), 300);
  EXPECT_EQ(plans[1].SerializeAsString(), plans[0].SerializeAsString());
}

TEST_F(QueueTest, AnswersManyLargeRequestsAtOnce) {
  SetLimits({});
  const v1::GroupKeysRequest request = RequestOfKeys(kManyKeys);
  std::vector<std::future<bool>> answers;
  for (int i = 0; i < 8; ++i) {
    answers.push_back(std::async(std::launch::async, [&] {
      v1::GroupKeysResponse response;
      if (!Group(request, &response).ok()) return false;
      for (int key = 0; key < kManyKeys; ++key) {
        if (response.slots(key) != HashSlot::OfKey(request.keys(key)).value()) {
          return false;
        }
      }
      return response.slots_size() == kManyKeys;
    }));
  }
  for (auto& answer : answers) EXPECT_TRUE(answer.get());
  WaitForNothing();
}

TEST_F(QueueTest, DropsCallsWhoseCallersHaveGone) {
  // gRPC tells of a cancelled call when it gets round to it: most likely
  // before the next call on the same connection has ended, but that is not
  // promised.
  constexpr int kAttempts = 100;
  for (int i = 0; i < kAttempts && Handled("Canceled") == 0; ++i) {
    grpc::ClientContext context;
    std::future<grpc::Status> call;
    {
      const BusyWorkers busy(serving_.gate);
      call = std::async(std::launch::async, [&] {
        v1::GroupKeysResponse response;
        return stub_->GroupKeys(&context, RequestOfKeys(kManyKeys), &response);
      });
      WaitFor(kQueuedCalls, 1);
      context.TryCancel();
      EXPECT_EQ(call.get().error_code(), grpc::StatusCode::CANCELLED);
      for (int j = 0; j < 10; ++j) EXPECT_TRUE(Keyslot().ok());
    }
    WaitForNothing();
  }
  EXPECT_EQ(Handled("Canceled"), 1);
  EXPECT_TRUE(Group(RequestOfKeys(kManyKeys)).ok());
}

}  // namespace
}  // namespace slotplanner
