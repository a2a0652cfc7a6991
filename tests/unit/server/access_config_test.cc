// SPDX-License-Identifier: Apache-2.0
#include "server/access_config.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "server/config_file.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

// What a cluster's settings come to, and what is wrong with them.
struct Outcome {
  ClusterAccess access;
  std::vector<std::string> problems;
};

// `yaml`: settings beside name and source.
Outcome Read(const std::string& source, const std::string& yaml) {
  const auto config = ParseConfig(absl::StrCat("clusters: [{name: a, source: '",
                                               source, "', ", yaml, "}]"));
  EXPECT_TRUE(config.ok()) << config.status();
  Outcome outcome;
  outcome.access =
      ReadClusterAccess(config->clusters(0), *ParseSourceSpec(source),
                        [&](std::string_view path, std::string_view problem) {
                          outcome.problems.push_back(absl::StrCat(
                              ToAbsl(path), ": ", ToAbsl(problem)));
                        });
  return outcome;
}

TEST(ReadClusterAccessTest, IsEmptyWithoutSettings) {
  const Outcome outcome = Read("redis://h:1", "");
  EXPECT_THAT(outcome.problems, IsEmpty());
  EXPECT_TRUE(outcome.access.password.is_none());
  EXPECT_FALSE(outcome.access.tls.has_value());
}

TEST(ReadClusterAccessTest, ReadsEverySetting) {
  const Outcome outcome =
      Read("rediss://h:1",
           "user: slotplanner, password_file: /p, "
           "tls: {ca_file: /ca, certificate_file: /c, key_file: /k, "
           "server_name: redis.example}, "
           "address_map: [{from: '10.0.0.1:6379', to: 'nat.example:7001'}], "
           "zones: [{name: west, hosts: [nat.example, 10.1.0.0/16]}]");
  EXPECT_THAT(outcome.problems, IsEmpty());
  EXPECT_EQ(outcome.access.user, "slotplanner");
  EXPECT_FALSE(outcome.access.password.is_none());
  EXPECT_EQ(outcome.access.tls, (TlsFiles{.ca_file = "/ca",
                                          .certificate_file = "/c",
                                          .key_file = "/k",
                                          .server_name = "redis.example"}));
  EXPECT_EQ(outcome.access.address_map.Map({.host = "10.0.0.1", .port = 6379}),
            (RespEndpoint{.host = "nat.example", .port = 7001}));
  EXPECT_EQ(outcome.access.zones.ZoneOf("nat.example"), "west");
  EXPECT_EQ(outcome.access.zones.ZoneOf("10.1.2.3"), "west");
}

TEST(ReadClusterAccessTest, WantsEachThingOnce) {
  EXPECT_THAT(
      Read("redis://me:secret@h:1", "user: you, password_file: /p").problems,
      ElementsAre(StartsWith(".user: stands in the source"),
                  StartsWith(".password_file: the source has a password")));
  EXPECT_THAT(
      Read("redis://h:1", "password_file: /p, password_env: P").problems,
      ElementsAre(StartsWith(".password_env: password_file is set")));
  EXPECT_THAT(Read("redis://h:1", "user: me").problems,
              ElementsAre(StartsWith(".user: needs a password")));
}

TEST(ReadClusterAccessTest, WantsTlsWhole) {
  EXPECT_THAT(Read("redis://h:1", "tls: {ca_file: /ca}").problems,
              ElementsAre(".tls: needs a source that begins with rediss://"));
  EXPECT_THAT(Read("rediss://h:1", "tls: {certificate_file: /c}").problems,
              ElementsAre(".tls.key_file: a certificate and its key go "
                          "together"));
  EXPECT_THAT(Read("rediss://h:1", "tls: {key_file: /k}").problems,
              ElementsAre(StartsWith(".tls.certificate_file: ")));
}

TEST(ReadClusterAccessTest, PassesOnWhatTheMapsRefuse) {
  EXPECT_THAT(
      Read("redis://h:1", "address_map: [{from: h, to: 'g:1'}]").problems,
      ElementsAre(StartsWith(".address_map: ")));
  EXPECT_THAT(
      Read("redis://h:1", "zones: [{name: z, hosts: [10.0.0.1/8]}]").problems,
      ElementsAre(StartsWith(".zones: ")));
}

TEST(ReadClusterAccessTest, RefusesAccessToMadeUpNodes) {
  for (const char* yaml :
       {"user: me", "password_file: /p", "password_env: P", "tls: {}",
        "address_map: [{from: a, to: b}]", "zones: [{name: z, hosts: [h]}]"}) {
    EXPECT_THAT(Read("static:3", yaml).problems,
                ElementsAre(StartsWith(".source: static:N has no nodes")))
        << yaml;
  }
}

}  // namespace
}  // namespace slotplanner
