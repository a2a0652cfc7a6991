// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/key_positions_cache.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace slotplanner {
namespace {

class KeyPositionsCacheTest : public testing::Test {
 protected:
  static v1::PlanBatchRequest RequestOf(const std::string& name,
                                        const std::string& cluster = "") {
    v1::PlanBatchRequest request;
    request.set_cluster(cluster);
    request.add_commands()->add_args(name);
    return request;
  }

  // What the server lists from now on.
  void List(const std::string& name) {
    listed_.add_commands()->set_command(name);
  }

  // Whether the table for a request of that command lists it.
  bool IsListed(const std::string& name, const std::string& cluster = "") {
    const v1::PlanBatchRequest request = RequestOf(name, cluster);
    const auto table = cache_.TableFor(request, [this] {
      ++fetch_count_;
      return failure_.ok()
                 ? absl::StatusOr<v1::GetKeyPositionsResponse>(listed_)
                 : failure_;
    });
    status_ = table.status();
    return table.ok() && (*table)->Lists(request.commands(0));
  }

  absl::Time now_ = absl::UnixEpoch();
  KeyPositionsCache cache_{[this] { return now_; }};
  v1::GetKeyPositionsResponse listed_;
  absl::Status failure_;
  absl::Status status_;
  int fetch_count_ = 0;
};

TEST_F(KeyPositionsCacheTest, FetchesAtFirstUseAndKeepsIt) {
  List("get");
  EXPECT_TRUE(IsListed("get"));
  now_ += absl::Hours(1000);
  EXPECT_TRUE(IsListed("GET"));
  EXPECT_EQ(fetch_count_, 1);
}

TEST_F(KeyPositionsCacheTest, EachClusterHasItsOwn) {
  List("get");
  EXPECT_TRUE(IsListed("get", "a"));
  List("new");
  EXPECT_TRUE(IsListed("new", "b"));
  EXPECT_FALSE(IsListed("new", "a"));
  EXPECT_EQ(fetch_count_, 2);
}

TEST_F(KeyPositionsCacheTest, FetchesAgainForWhatIsNotListed) {
  EXPECT_FALSE(IsListed("new"));
  List("new");
  EXPECT_FALSE(IsListed("new"));  // At most once a second.
  now_ += absl::Milliseconds(999);
  EXPECT_FALSE(IsListed("new"));
  EXPECT_EQ(fetch_count_, 1);
  now_ += absl::Milliseconds(1);
  EXPECT_TRUE(IsListed("new"));
  EXPECT_EQ(fetch_count_, 2);
}

TEST_F(KeyPositionsCacheTest, ASteppedClockDelaysNothing) {
  EXPECT_FALSE(IsListed("new"));
  List("new");
  now_ -= absl::Hours(1);
  EXPECT_TRUE(IsListed("new"));
}

TEST_F(KeyPositionsCacheTest, AFailureIsTheCallersAndTheNextOneTriesAnew) {
  failure_ = absl::UnavailableError("not yet");
  EXPECT_FALSE(IsListed("get"));
  EXPECT_EQ(status_, failure_);
  failure_ = absl::OkStatus();
  List("get");
  EXPECT_TRUE(IsListed("get"));

  now_ += absl::Seconds(1);
  failure_ = absl::UnavailableError("no more");
  EXPECT_FALSE(IsListed("new"));
  EXPECT_EQ(status_, failure_);
  EXPECT_TRUE(IsListed("get"));  // The old one still serves.
  failure_ = absl::OkStatus();
  List("new");
  EXPECT_TRUE(IsListed("new"));
}

TEST_F(KeyPositionsCacheTest, OneCallerFetchesAgainWhileOthersHaveTheOldOne) {
  EXPECT_FALSE(IsListed("new"));
  List("new");
  now_ += absl::Seconds(1);
  bool is_listed_meanwhile = true;
  const auto table = cache_.TableFor(
      RequestOf("new"), [&]() -> absl::StatusOr<v1::GetKeyPositionsResponse> {
        is_listed_meanwhile = IsListed("new");
        return listed_;
      });
  EXPECT_FALSE(is_listed_meanwhile);
  EXPECT_EQ(fetch_count_, 1);
  EXPECT_TRUE((*table)->Lists(RequestOf("new").commands(0)));
}

}  // namespace
}  // namespace slotplanner
