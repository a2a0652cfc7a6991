// SPDX-License-Identifier: Apache-2.0
#include "client/cli/client_transactions.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"

namespace slotplanner::cli {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string Text(const std::vector<ClientTransactions::Arguments>& commands) {
  return absl::StrJoin(
      commands, "; ",
      [](std::string* out, const ClientTransactions::Arguments& args) {
        *out += absl::StrJoin(args, " ");
      });
}

// What comes back when `client` sends `args`.
std::string Send(ClientTransactions& transactions, const std::string& client,
                 std::vector<std::string> args) {
  return Text(transactions.Take({.args = std::move(args), .client = client}));
}

TEST(ClientTransactionsTest, LetsOtherCommandsPass) {
  ClientTransactions transactions;
  EXPECT_EQ(Send(transactions, "a", {"GET", "k"}), "GET k");
  EXPECT_EQ(Send(transactions, "a", {"EXEC"}), "EXEC");
  EXPECT_THAT(transactions.TakeRest(), IsEmpty());
}

TEST(ClientTransactionsTest, PutsATransactionTogether) {
  ClientTransactions transactions;
  EXPECT_EQ(Send(transactions, "a", {"multi"}), "");
  EXPECT_EQ(Send(transactions, "b", {"GET", "k"}), "GET k");
  EXPECT_EQ(Send(transactions, "b", {"MULTI"}), "");
  EXPECT_EQ(Send(transactions, "a", {"SET", "x", "1"}), "");
  EXPECT_EQ(
      Text(transactions.Take(
          {.args = {"SET", "z", "1"}, .client = "lua", .is_of_script = true})),
      "SET z 1");
  EXPECT_EQ(Send(transactions, "b", {"discard"}), "MULTI; discard");
  EXPECT_EQ(Send(transactions, "a", {"exec"}), "multi; SET x 1; exec");
  EXPECT_EQ(Send(transactions, "a", {"GET", "k"}), "GET k");
  EXPECT_THAT(transactions.TakeRest(), IsEmpty());
}

TEST(ClientTransactionsTest, GivesBackWhatIsLeftOpen) {
  ClientTransactions transactions;
  EXPECT_EQ(Send(transactions, "b", {"MULTI"}), "");
  EXPECT_EQ(Send(transactions, "b", {"GET", "1"}), "");
  EXPECT_EQ(Send(transactions, "b", {"MULTI"}), "MULTI; GET 1");
  EXPECT_EQ(Send(transactions, "a", {"MULTI"}), "");
  EXPECT_EQ(Send(transactions, "a", {"GET", "2"}), "");
  EXPECT_EQ(Text(transactions.TakeRest()), "MULTI; GET 2; MULTI");
  EXPECT_THAT(transactions.TakeRest(), IsEmpty());
}

TEST(ClientTransactionsTest, HoldsSoManyCommandsAndNoMore) {
  ClientTransactions transactions;
  size_t given_back = 0;
  for (size_t i = 0; i < ClientTransactions::kMaxCommands; ++i) {
    given_back +=
        transactions.Take({.args = {"MULTI"}, .client = std::to_string(i)})
            .size();
  }
  EXPECT_EQ(given_back, 0u);
  EXPECT_THAT(transactions.Take({.args = {"GET", "k"}, .client = "7"}),
              SizeIs(ClientTransactions::kMaxCommands + 1));
  EXPECT_EQ(Send(transactions, "7", {"EXEC"}), "EXEC");
}

TEST(ClientTransactionsTest, HoldsSoManyBytesAndNoMore) {
  ClientTransactions transactions;
  EXPECT_EQ(Send(transactions, "a", {"MULTI"}), "");
  const std::string value(ClientTransactions::kMaxBytes - 10, 'v');
  EXPECT_EQ(Send(transactions, "a", {"SET", "k", value}), "");
  EXPECT_THAT(transactions.Take({.args = {"GET", "k"}, .client = "a"}),
              SizeIs(3));
  EXPECT_EQ(Send(transactions, "a", {"EXEC"}), "EXEC");
}

}  // namespace
}  // namespace slotplanner::cli
