// SPDX-License-Identifier: Apache-2.0
// PlanExecutor on a real cluster while a slot moves: every reply is that of a
// single server (rules F1 to F4).
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "client/cpp/plan_executor.h"
#include "service/resp/resp_connection.h"
#include "tests/integration/client_planned_batch.h"

namespace slotplanner {
namespace {

// What `command` prints, without the newline at its end.
std::string OutputOf(const std::string& command) {
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "";
  std::string printed;
  std::array<char, 4096> buffer;
  while (const size_t count = fread(buffer.data(), 1, buffer.size(), pipe)) {
    printed.append(buffer.data(), count);
  }
  EXPECT_EQ(pclose(pipe), 0);
  if (!printed.empty()) printed.pop_back();
  return printed;
}

// A primary of the cluster.
class Primary {
 public:
  explicit Primary(const RespEndpoint& endpoint)
      : connection_(std::move(
            RespConnection::Connect(endpoint, absl::InfiniteFuture()).value())),
        id_(Call({"CLUSTER", "MYID"}).text) {}

  RespValue Call(const std::vector<std::string>& words) {
    const std::vector<std::string_view> args(words.begin(), words.end());
    return connection_->Call(args, absl::InfiniteFuture()).value();
  }

  void Do(const std::vector<std::string>& words) {
    const RespValue reply = Call(words);
    EXPECT_FALSE(reply.is_error()) << reply.text;
  }

  const RespEndpoint& endpoint() const { return connection_->endpoint(); }
  const std::string& id() const { return id_; }

 private:
  std::unique_ptr<RespConnection> connection_;
  std::string id_;
};

// Slot 10778 moves. The first key is at the target already, the second still at
// the source, the third does not exist.
class SlotMigrationTest : public ::testing::Test {
 protected:
  static constexpr int kSlot = 10778;

  static void SetUpTestSuite() {
    directory_ =
        absl::StrCat(::testing::TempDir(), "/client_slot_migration.", getpid());
    const std::string endpoints = OutputOf(
        absl::StrCat(Script(), " start ", directory_, " --replicas 0"));
    for (const absl::string_view text : absl::StrSplit(endpoints, ',')) {
      const std::vector<std::string> parts = absl::StrSplit(text, ':');
      ASSERT_EQ(parts.size(), 2u) << endpoints;
      primaries_.push_back(std::make_unique<Primary>(
          RespEndpoint{.host = parts[0], .port = std::atoi(parts[1].c_str())}));
    }
  }

  static void TearDownTestSuite() {
    primaries_.clear();
    OutputOf(absl::StrCat(Script(), " stop ", directory_));
    std::filesystem::remove_all(directory_);
  }

  static std::string Script() {
    return std::getenv("SLOTPLANNER_REDIS_CLUSTER");
  }

  SlotMigrationTest() {
    for (const auto& primary : primaries_) {
      if (primary->Call({"GET", kMoved}).is_error()) {
        target_ = primary.get();
      } else {
        source_ = primary.get();
      }
    }
    source_->Do({"MSET", kMoved, "1", kLeft, "2"});
    target_->Do({"CLUSTER", "SETSLOT", std::to_string(kSlot), "IMPORTING",
                 source_->id()});
    source_->Do({"CLUSTER", "SETSLOT", std::to_string(kSlot), "MIGRATING",
                 target_->id()});
    Move(kMoved);
  }

  ~SlotMigrationTest() override {
    if (!has_finished_) Finish();
    target_->Do({"DEL", kMoved, kLeft, kMissing});
  }

  void Move(const std::string& key) {
    source_->Do({"MIGRATE", target_->endpoint().host,
                 std::to_string(target_->endpoint().port), key, "0", "5000"});
  }

  void Finish() {
    Move(kLeft);
    for (const auto& primary : primaries_) {
      if (primary.get() != source_) Own(*primary);
    }
    Own(*source_);
    has_finished_ = true;
  }

  PlannedBatch& Add(PlannedBatch& batch, const std::vector<std::string>& args) {
    return batch.AddCommand(args).AddPart(source_->endpoint()).InSlot(kSlot);
  }

  static inline const std::string kMoved = "{user:1}:moved";
  static inline const std::string kLeft = "{user:1}:left";
  static inline const std::string kMissing = "{user:1}:missing";

  Primary* source_ = nullptr;
  PlanExecutor executor_{NodeConnectionsOptions{}};

 private:
  void Own(Primary& primary) {
    primary.Do(
        {"CLUSTER", "SETSLOT", std::to_string(kSlot), "NODE", target_->id()});
  }

  static inline std::string directory_;
  static inline std::vector<std::unique_ptr<Primary>> primaries_;

  Primary* target_ = nullptr;
  bool has_finished_ = false;
};

// Rule F1: one key a part.
TEST_F(SlotMigrationTest, ReadsKeysWhereverTheyAre) {
  const ExecutionResult result =
      PlannedBatch()
          .AddCommand({"MGET", kMoved, kLeft, kMissing},
                      v1::MERGE_OPERATION_GATHER)
          .AddPart(source_->endpoint(), {0, 1}, {0})
          .AddPart(source_->endpoint(), {0, 2}, {1})
          .AddPart(source_->endpoint(), {0, 3}, {2})
          .InSlot(kSlot)
          .RunBy(executor_);
  EXPECT_EQ(result.commands[0].reply,
            RespValue::Array({RespValue::String("1"), RespValue::String("2"),
                              RespValue::Nil()}));
  EXPECT_FALSE(result.plan_outdated);
}

// Rules D1, F2.
TEST_F(SlotMigrationTest, WritesAndReadsInOrder) {
  PlannedBatch batch;
  for (const std::string& key : {kMoved, kLeft, kMissing}) {
    Add(batch, {"SET", key, "7"});
    Add(batch, {"INCR", key});
    Add(batch, {"GET", key});
  }
  const ExecutionResult result = batch.RunBy(executor_);
  for (size_t i = 0; i < 9; i += 3) {
    EXPECT_EQ(result.commands[i].reply, RespValue::Status("OK"));
    EXPECT_EQ(result.commands[i + 1].reply, RespValue::Integer(8));
    EXPECT_EQ(result.commands[i + 2].reply, RespValue::String("8"));
  }
}

// Rule F2.
TEST_F(SlotMigrationTest, RunsATransactionWhereItsKeyIs) {
  for (const std::string& key : {kMoved, kLeft, kMissing}) {
    PlannedBatch batch;
    for (const std::vector<std::string>& args :
         std::vector<std::vector<std::string>>{{"WATCH", key},
                                               {"MULTI"},
                                               {"SET", key, "7"},
                                               {"INCR", key},
                                               {"EXEC"}}) {
      Add(batch, args);
    }
    const ExecutionResult result = batch.RunBy(executor_);
    EXPECT_EQ(
        result.commands[4].reply,
        RespValue::Array({RespValue::Status("OK"), RespValue::Integer(8)}))
        << result.commands[4].reply.text;
  }
}

// Rules F1, F4: TRYAGAIN until all keys are in one place.
TEST_F(SlotMigrationTest, WaitsUntilTheKeysOfATransactionAreTogether) {
  PlannedBatch batch;
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{
           {"MULTI"}, {"INCR", kMoved}, {"INCR", kLeft}, {"EXEC"}}) {
    Add(batch, args);
  }
  Add(batch, {"MGET", kMoved, kLeft});
  ExecutionResult result;
  std::jthread run([&] { result = batch.RunBy(executor_); });
  Finish();
  run.join();
  EXPECT_EQ(result.commands[3].reply,
            RespValue::Array({RespValue::Integer(2), RespValue::Integer(3)}))
      << result.commands[3].reply.text;
}

// Rule F3.
TEST_F(SlotMigrationTest, FollowsTheSlotWhenItHasMoved) {
  Finish();
  PlannedBatch batch;
  Add(batch, {"MGET", kMoved, kLeft, kMissing});
  const ExecutionResult result = batch.RunBy(executor_);
  EXPECT_EQ(result.commands[0].reply,
            RespValue::Array({RespValue::String("1"), RespValue::String("2"),
                              RespValue::Nil()}));
  EXPECT_TRUE(result.plan_outdated);
}

}  // namespace
}  // namespace slotplanner
