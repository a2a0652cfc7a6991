// SPDX-License-Identifier: Apache-2.0
#include "service/topology/refresh_requests.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace slotplanner {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RefreshRequestsTest : public testing::Test {
 protected:
  // Asks, and notes `number` when called back.
  uint64_t Ask(int number) {
    return requests_.Request([this, number] { called_.push_back(number); });
  }

  void Refresh() {
    requests_.BeginRefresh();
    requests_.EndRefresh();
  }

  RefreshRequests requests_;
  std::vector<int> called_;
};

TEST_F(RefreshRequestsTest, CallsBackOnceAndInOrder) {
  Ask(1);
  Ask(2);
  EXPECT_THAT(called_, IsEmpty());
  Refresh();
  EXPECT_THAT(called_, ElementsAre(1, 2));
  Refresh();
  EXPECT_THAT(called_, ElementsAre(1, 2));
}

TEST_F(RefreshRequestsTest, ARequestDuringARefreshWaitsForTheNext) {
  Ask(1);
  requests_.BeginRefresh();
  Ask(2);
  requests_.EndRefresh();
  EXPECT_THAT(called_, ElementsAre(1));
  Refresh();
  EXPECT_THAT(called_, ElementsAre(1, 2));
}

TEST_F(RefreshRequestsTest, ACancelledRequestIsNotCalledBack) {
  const uint64_t first = Ask(1);
  const uint64_t second = Ask(2);
  EXPECT_TRUE(requests_.Cancel(first));
  EXPECT_FALSE(requests_.Cancel(first));
  requests_.BeginRefresh();
  EXPECT_TRUE(requests_.Cancel(second));
  requests_.EndRefresh();
  const uint64_t third = Ask(3);
  Refresh();
  EXPECT_FALSE(requests_.Cancel(third));
  EXPECT_FALSE(requests_.Cancel(12345));
  EXPECT_THAT(called_, ElementsAre(3));
}

TEST_F(RefreshRequestsTest, DropsWhatACancelledRequestHeld) {
  auto held = std::make_shared<int>(0);
  const std::weak_ptr<int> watched = held;
  const uint64_t id = requests_.Request([held = std::move(held)] {});
  EXPECT_FALSE(watched.expired());
  requests_.Cancel(id);
  EXPECT_TRUE(watched.expired());
}

TEST_F(RefreshRequestsTest, ACallBackMayAskAgain) {
  requests_.Request([this] { Ask(1); });
  Refresh();
  EXPECT_THAT(called_, IsEmpty());
  Refresh();
  EXPECT_THAT(called_, ElementsAre(1));
}

TEST_F(RefreshRequestsTest, AfterCloseEveryRequestIsCalledBackAtOnce) {
  Ask(1);
  requests_.BeginRefresh();
  Ask(2);
  requests_.Close();
  EXPECT_THAT(called_, ElementsAre(1, 2));
  EXPECT_FALSE(requests_.Cancel(Ask(3)));
  EXPECT_THAT(called_, ElementsAre(1, 2, 3));
}

constexpr absl::Duration kForever = absl::InfiniteDuration();

TEST_F(RefreshRequestsTest, WaitsNoLongerThanAtMost) {
  const absl::Time begin = absl::Now();
  requests_.Wait(absl::ZeroDuration(), absl::Milliseconds(20), {});
  EXPECT_GE(absl::Now() - begin, absl::Milliseconds(20));
}

TEST_F(RefreshRequestsTest, ARequestBeforeTheWaitCutsItToAtLeast) {
  requests_.Request();
  requests_.Wait(absl::ZeroDuration(), kForever, {});
  const absl::Time begin = absl::Now();
  requests_.Wait(absl::Milliseconds(20), kForever, {});
  EXPECT_GE(absl::Now() - begin, absl::Milliseconds(20));
}

TEST_F(RefreshRequestsTest, ARequestEndsTheWait) {
  for (const bool wants_call : {false, true}) {
    requests_.BeginRefresh();
    const std::jthread caller([&] {
      if (wants_call) {
        Ask(1);
      } else {
        requests_.Request();
      }
    });
    requests_.Wait(absl::ZeroDuration(), kForever, {});
  }
}

TEST_F(RefreshRequestsTest, ARequestIsForgottenWhenARefreshBegins) {
  requests_.Request();
  requests_.BeginRefresh();
  const absl::Time begin = absl::Now();
  requests_.Wait(absl::ZeroDuration(), absl::Milliseconds(20), {});
  EXPECT_GE(absl::Now() - begin, absl::Milliseconds(20));
}

TEST_F(RefreshRequestsTest, AStopEndsTheWaitInBothHalves) {
  std::stop_source stop;
  const std::jthread stopper([&] { stop.request_stop(); });
  requests_.Wait(kForever, kForever, stop.get_token());
  requests_.Wait(absl::ZeroDuration(), kForever, stop.get_token());
}

}  // namespace
}  // namespace slotplanner
