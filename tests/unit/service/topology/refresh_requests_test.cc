// SPDX-License-Identifier: Apache-2.0
#include "service/topology/refresh_requests.h"

#include <functional>
#include <stop_token>
#include <thread>
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
  void Ask(int number) {
    requests_.Request([this, number] { called_.push_back(number); });
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
  Ask(3);
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
