// SPDX-License-Identifier: Apache-2.0
#include "server/callers_config.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "server/config_file.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kMethods[] = {"Keyslot", "PlanBatch"};
constexpr std::string_view kClusters[] = {"orders", "carts"};

struct Outcome {
  CallersConfig config;
  std::vector<std::string> problems;
};

// `yaml`: the list of callers.
Outcome Read(const std::string& yaml) {
  const auto config = ParseConfig(absl::StrCat("callers: ", yaml));
  EXPECT_TRUE(config.ok()) << config.status();
  if (!config.ok()) return {};
  Outcome outcome;
  outcome.config =
      ReadCallers(config->callers(), kMethods, kClusters,
                  [&](std::string_view path, std::string_view problem) {
                    outcome.problems.push_back(
                        absl::StrCat(ToAbsl(path), ": ", ToAbsl(problem)));
                  });
  EXPECT_EQ(outcome.config.callers == nullptr, !outcome.problems.empty());
  return outcome;
}

// The problems of one good caller to which `more` is added.
std::vector<std::string> ProblemsWith(const std::string& more) {
  return Read(absl::StrCat("[{name: a, identities: [a.example], ", more, "}]"))
      .problems;
}

// Two token files that are there as long as the test.
class TokenFilesTest : public ::testing::Test {
 protected:
  ~TokenFilesTest() override {
    std::filesystem::remove(one_);
    std::filesystem::remove(two_);
  }

  static void Write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }

  const std::string one_ = ::testing::TempDir() + "slotplanner_callers_one_" +
                           std::to_string(::getpid());
  const std::string two_ = ::testing::TempDir() + "slotplanner_callers_two_" +
                           std::to_string(::getpid());
};

TEST(ReadCallersTest, EveryoneMayCallWithoutCallers) {
  const Outcome outcome = Read("[]");
  EXPECT_THAT(outcome.problems, IsEmpty());
  EXPECT_TRUE(outcome.config.callers->is_open());
  EXPECT_THAT(outcome.config.token_files, IsEmpty());
}

TEST_F(TokenFilesTest, ReadsEverySetting) {
  Write(one_, "sesame-0123456789\nsesame-9876543210\n");
  const Outcome outcome = Read(absl::StrCat(
      "[{name: orders, identities: ['*.orders.example', 'spiffe://td/o/*'], "
      "token_file: '",
      one_,
      "', methods: [PlanBatch], clusters: [orders, carts]}, "
      "{name: ops, identities: [ops.example]}]"));
  EXPECT_THAT(outcome.problems, IsEmpty());
  EXPECT_THAT(outcome.config.token_files, ElementsAre(one_));
  const Callers& callers = *outcome.config.callers;
  ASSERT_EQ(callers.rules().size(), 2u);
  const CallerRule& orders = callers.rules()[0];
  EXPECT_EQ(orders.name, "orders");
  EXPECT_THAT(orders.identities,
              ElementsAre("*.orders.example", "spiffe://td/o/*"));
  EXPECT_THAT(orders.methods, ElementsAre("PlanBatch"));
  EXPECT_THAT(orders.clusters, ElementsAre("orders", "carts"));
  EXPECT_EQ(callers.Identify({}, "sesame-0123456789"), &orders);
  EXPECT_EQ(callers.Identify({}, "sesame-9876543210"), &orders);
  const CallerRule& ops = callers.rules()[1];
  EXPECT_EQ(ops.name, "ops");
  EXPECT_THAT(ops.tokens, IsEmpty());
  EXPECT_THAT(ops.methods, IsEmpty());
  EXPECT_THAT(ops.clusters, IsEmpty());
}

TEST(ReadCallersTest, WantsANameOfItsOwn) {
  for (const char* name : {"''", "Orders", "2a", "a.b", "sesame!"}) {
    EXPECT_THAT(
        Read(absl::StrCat("[{name: ", name, ", identities: [a]}]")).problems,
        ElementsAre(StartsWith("[0].name: a caller's name has 1 to 63")))
        << name;
  }
  EXPECT_THAT(Read("[{identities: [a]}]").problems,
              ElementsAre(StartsWith("[0].name: ")));
  EXPECT_THAT(Read("[{name: a, identities: [x]}, {name: b, identities: [y]}, "
                   "{name: a, identities: [z]}]")
                  .problems,
              ElementsAre("[2].name: stands in this list twice"));
}

TEST(ReadCallersTest, WantsSomethingToKnowACallerBy) {
  for (const char* more : {"", ", identities: []", ", token_file: ''",
                           ", methods: [PlanBatch], clusters: [orders]"}) {
    EXPECT_THAT(Read(absl::StrCat("[{name: a", more, "}]")).problems,
                ElementsAre("[0]: needs identities or a token_file to be "
                            "known by"))
        << more;
  }
}

TEST(ReadCallersTest, RefusesWildcardsThatAreNone) {
  EXPECT_THAT(
      Read("[{name: a, identities: [a.example, '*', 'sesame*', '']}]").problems,
      ElementsAre(StartsWith("[0].identities[1]: must be"),
                  StartsWith("[0].identities[2]: must be"),
                  StartsWith("[0].identities[3]: must be")));
}

TEST(ReadCallersTest, RefusesAnIdentityThatACallerBeforeHas) {
  constexpr char kProblem[] =
      "[1].identities[1]: is that of a caller before it too; put this caller "
      "first";
  for (const char* yaml :
       {"[{name: a, identities: [x]}, {name: b, identities: [y, x]}]",
        "[{name: a, identities: [x.com]}, {name: b, identities: [y, X.com]}]",
        "[{name: a, identities: ['*.com']}, {name: b, identities: [y, x.com]}]",
        "[{name: a, identities: ['u://t/*']}, "
        "{name: b, identities: [y, 'u://t/*']}]"}) {
    EXPECT_THAT(Read(yaml).problems, ElementsAre(kProblem)) << yaml;
  }
  EXPECT_THAT(Read("[{name: a, identities: [x.com]}, "
                   "{name: b, identities: ['*.com']}]")
                  .problems,
              IsEmpty());
}

TEST(ReadCallersTest, RefusesMethodsAndClustersThatThereAreNot) {
  EXPECT_THAT(ProblemsWith("methods: [Keyslot, planbatch, "
                           "slotplanner.v1.SlotPlannerService/Keyslot, '']"),
              ElementsAre(StartsWith("[0].methods[1]: is no method"),
                          StartsWith("[0].methods[2]: is no method"),
                          StartsWith("[0].methods[3]: is no method")));
  EXPECT_THAT(ProblemsWith("clusters: [orders, sesame, '']"),
              ElementsAre("[0].clusters[1]: is no cluster of these settings",
                          "[0].clusters[2]: is no cluster of these settings"));
}

TEST_F(TokenFilesTest, PassesOnWhatIsWrongWithATokenFile) {
  Write(one_, "sesame-0123456789\nsesame\n");
  const Outcome outcome =
      Read(absl::StrCat("[{name: a, token_file: '", one_,
                        "'}, {name: b, token_file: '", two_, "'}]"));
  EXPECT_THAT(
      outcome.problems,
      ElementsAre(AllOf(StartsWith("[0].token_file: The token file " + one_),
                        HasSubstr("line 2")),
                  StartsWith("[1].token_file: The token file " + two_)));
  // They are watched all the same.
  EXPECT_THAT(outcome.config.token_files, ElementsAre(one_, two_));
}

TEST_F(TokenFilesTest, RefusesATokenOfTwoCallers) {
  Write(one_, "sesame-0123456789\nsesame-1111111111\n");
  Write(two_, "sesame-9876543210\nsesame-0123456789\n");
  EXPECT_THAT(Read(absl::StrCat("[{name: a, token_file: '", one_,
                                "'}, {name: b, token_file: '", two_, "'}]"))
                  .problems,
              ElementsAre("[1].token_file: has a token of a caller before it "
                          "too; give each its own"));
}

TEST_F(TokenFilesTest, NeverRepeatsWhatStandsInTheFiles) {
  Write(one_, "sesame");
  const Outcome outcome =
      Read(absl::StrCat("[{name: sesame.x, identities: ['sesame*'], "
                        "token_file: '",
                        one_, "', methods: [sesame], clusters: [sesame]}]"));
  EXPECT_EQ(outcome.problems.size(), 5u);
  for (const std::string& problem : outcome.problems) {
    EXPECT_THAT(problem, Not(HasSubstr("sesame")));
  }
}

}  // namespace
}  // namespace slotplanner
