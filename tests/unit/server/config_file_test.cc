// SPDX-License-Identifier: Apache-2.0
#include "server/config_file.h"

#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace slotplanner {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string ErrorOf(std::string_view yaml) {
  const auto config = ParseConfig(yaml);
  EXPECT_FALSE(config.ok()) << yaml;
  return std::string(config.status().message());
}

TEST(ParseConfigTest, ReadsEverySetting) {
  const auto config = ParseConfig(R"(
# A comment.
grpc_listen: ["0.0.0.0:50051", unix:/run/slotplanner.sock]
admin_listen: 0.0.0.0:9464
clusters:
  - name: orders
    source: redis://reader:secret@10.0.0.1:6379
  - name: carts
    source: rediss://10.0.1.1:6379
    user: slotplanner
    password_file: /run/secrets/carts
    password_env: CARTS
    tls: {ca_file: ca, certificate_file: c, key_file: k, server_name: s}
    address_map: [{from: "10.0.1.1:6379", to: "nat:1"}]
    zones: [{name: west, hosts: [nat, 10.0.0.0/8]}]
refresh_interval: 1.5s
min_refresh_interval: 100ms
max_topology_age: 10m
refresh_nodes: 3
refresh_timeout: 500ms
drain_delay: 1m30s
limits:
  max_message_bytes: 1048576
  max_keys: 10
  max_commands: 20
  max_arguments: 30
  max_watchers: 40
  max_hash_tags: 50
  max_advice_keys: 60
)");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->ShortDebugString(),
            R"(grpc_listen: "0.0.0.0:50051" )"
            R"(grpc_listen: "unix:/run/slotplanner.sock" )"
            R"(admin_listen: "0.0.0.0:9464" )"
            R"(clusters { name: "orders" )"
            R"(source: "redis://reader:secret@10.0.0.1:6379" } )"
            R"(clusters { name: "carts" source: "rediss://10.0.1.1:6379" )"
            R"(user: "slotplanner" password_file: "/run/secrets/carts" )"
            R"(password_env: "CARTS" tls { ca_file: "ca" )"
            R"(certificate_file: "c" key_file: "k" server_name: "s" } )"
            R"(address_map { from: "10.0.1.1:6379" to: "nat:1" } )"
            R"(zones { name: "west" hosts: "nat" hosts: "10.0.0.0/8" } } )"
            R"(refresh_interval { seconds: 1 nanos: 500000000 } )"
            R"(refresh_timeout { nanos: 500000000 } )"
            R"(drain_delay { seconds: 90 } )"
            R"(limits { max_message_bytes: 1048576 max_keys: 10 )"
            R"(max_commands: 20 max_arguments: 30 max_watchers: 40 )"
            R"(max_hash_tags: 50 max_advice_keys: 60 } )"
            R"(min_refresh_interval { nanos: 100000000 } )"
            R"(max_topology_age { seconds: 600 } refresh_nodes: 3)");
}

TEST(ParseConfigTest, ReadsDeclaredCommands) {
  const auto config = ParseConfig(R"(
clusters:
  - commands:
      - name: JSON.MSET
        arity: -4
        flags: [write]
        tips: [request_policy:multi_shard, response_policy:all_succeeded]
        key_specs:
          - begin_search: {index: 1}
            find_keys: {range: {last_key: -1, key_step: 3, limit: 0}}
            flags: [OW]
      - key_specs:
          - begin_search: {keyword: KEYS, start_from: -2}
            find_keys: {keynum: {keynum_index: 0, first_key: 1, key_step: 1}}
          - find_keys: {range: {}}
)");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->clusters(0).commands_size(), 2);
  EXPECT_EQ(config->clusters(0).commands(0).ShortDebugString(),
            R"(name: "JSON.MSET" arity: -4 flags: "write" )"
            R"(tips: "request_policy:multi_shard" )"
            R"(tips: "response_policy:all_succeeded" )"
            R"(key_specs { begin_search { index: 1 } )"
            R"(find_keys { range { last_key: -1 key_step: 3 } } )"
            R"(flags: "OW" })");
  EXPECT_EQ(config->clusters(0).commands(1).ShortDebugString(),
            R"(key_specs { begin_search { keyword: "KEYS" start_from: -2 } )"
            R"(find_keys { keynum { first_key: 1 key_step: 1 } } } )"
            R"(key_specs { find_keys { range { } } })");
}

TEST(ParseConfigTest, NamesThePathWithinADeclaredCommand) {
  EXPECT_EQ(ErrorOf("clusters:\n- commands:\n  - name: x\n    arty: 1\n"),
            "line 4: clusters[0].commands[0]: there is no setting arty");
  EXPECT_EQ(ErrorOf("clusters: [{commands: [{key_specs: "
                    "[{begin_search: {index: one}}]}]}]"),
            "line 1: clusters[0].commands[0].key_specs[0].begin_search.index: "
            "must be a whole number");
}

TEST(ParseConfigTest, TakesAnEmptyDocumentAsNoSettings) {
  for (const char* yaml : {"", "# Nothing.\n", "---\n", "{}"}) {
    const auto config = ParseConfig(yaml);
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(config->ByteSizeLong(), 0u);
  }
}

TEST(ParseConfigTest, NamesLineAndPathOfWhatIsWrong) {
  EXPECT_EQ(ErrorOf("refresh_interval: 5s\nrefresh_intervall: 5s\n"),
            "line 2: there is no setting refresh_intervall");
  EXPECT_EQ(ErrorOf("limits:\n  max_keyz: 1\n"),
            "line 2: limits: there is no setting max_keyz");
  EXPECT_EQ(ErrorOf("limits:\n  maxKeys: 1\n"),
            "line 2: limits: there is no setting maxKeys");
  EXPECT_EQ(ErrorOf("limits: {max_keys: many}"),
            "line 1: limits.max_keys: must be a whole number");
  EXPECT_EQ(ErrorOf("clusters:\n- name: a\n- name: b\n  port: 1\n"),
            "line 4: clusters[1]: there is no setting port");
  EXPECT_EQ(ErrorOf("clusters:\n- name: a\n  source: [1]\n"),
            "line 3: clusters[0].source: must be a string");
  EXPECT_EQ(ErrorOf("- a\n"), "line 1: must be a map of settings");
}

TEST(ParseConfigTest, RefusesValuesOfAnotherType) {
  EXPECT_THAT(ErrorOf("limits: 3"), HasSubstr("must be a map of settings"));
  EXPECT_THAT(ErrorOf("clusters: {name: a}"), HasSubstr("must be a list"));
  EXPECT_THAT(ErrorOf("clusters: [a]"),
              HasSubstr("clusters[0]: must be a map of settings"));
  EXPECT_THAT(ErrorOf("grpc_listen: 127.0.0.1:1"), HasSubstr("must be a list"));
  EXPECT_THAT(ErrorOf("admin_listen: [a]"), HasSubstr("must be a string"));
  EXPECT_THAT(ErrorOf("refresh_interval: 5"),
              HasSubstr("must be a duration such as 10s"));
  EXPECT_THAT(ErrorOf("refresh_interval: {seconds: 5}"),
              HasSubstr("must be a duration such as 10s"));
  for (const char* number :
       {"'10'", "1.5", "true", "1e3", "99999999999", "~"}) {
    EXPECT_THAT(ErrorOf(absl::StrCat("limits: {max_keys: ", number, "}")),
                HasSubstr("must be a whole number"))
        << number;
  }
}

TEST(ParseConfigTest, RefusesASettingWithoutAValue) {
  for (const char* yaml :
       {"admin_listen:", "limits:", "clusters:", "drain_delay:"}) {
    EXPECT_THAT(ErrorOf(yaml), HasSubstr("must be a")) << yaml;
  }
}

TEST(ParseConfigTest, RefusesASettingThatStandsTwice) {
  EXPECT_EQ(ErrorOf("drain_delay: 1s\nadmin_listen: a:1\ndrain_delay: 2s\n"),
            "line 3: drain_delay: stands here twice");
}

TEST(ParseConfigTest, RefusesWhatIsNoYaml) {
  EXPECT_THAT(ErrorOf("clusters: [1, 2"),
              AllOf(StartsWith("line 1: "), HasSubstr("no valid YAML")));
  EXPECT_THAT(ErrorOf("a: 1\n\tb: 2\n"), HasSubstr("no valid YAML"));
  EXPECT_THAT(ErrorOf("{}\n---\n{}\n"), HasSubstr("second document"));
  EXPECT_THAT(ErrorOf(std::string(100'000, '[')), HasSubstr("no valid YAML"));
}

TEST(ParseConfigTest, AliasesCannotBlowADocumentUp) {
  // Each line would double the one before: 2^64 nodes in all.
  std::string yaml = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 64; ++i) {
    absl::StrAppend(&yaml, "a", i, ": &a", i, " [*a", i - 1, ", *a", i - 1,
                    "]\n");
  }
  EXPECT_THAT(ErrorOf(yaml), HasSubstr("there is no setting a0"));
  EXPECT_THAT(ErrorOf("clusters: &c [*c, *c]\n"), HasSubstr("clusters[0]"));
}

TEST(ParseConfigTest, AliasesWorkWhereTheirValueWould) {
  const auto config =
      ParseConfig("refresh_interval: &t 2s\nrefresh_timeout: *t\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->refresh_timeout().seconds(), 2);
}

TEST(ParseConfigTest, NeverRepeatsAPassword) {
  for (const char* yaml :
       {"clusters: [redis://u:hunter2@h:1]", "clusters: redis://u:hunter2@h:1",
        "limits: redis://u:hunter2@h:1",
        "limits: {max_keys: redis://u:hunter2@h:1}",
        "drain_delay: redis://u:hunter2@h:1", "redis://u:hunter2@h: 1",
        "clusters:\n- source: *hunter2\n",
        "clusters:\n- source: &hunter2\n  hunter2: hunter2: hunter2\n",
        "clusters:\n- source: \"hunter2\n",
        "clusters:\n- source: \"\\hunter2\"\n",
        "clusters:\n- source: !<hunter2 hunter2\n", "%hunter2 hunter2\n"}) {
    const auto config = ParseConfig(yaml);
    EXPECT_THAT(std::string(config.status().message()),
                AllOf(Not(HasSubstr("hunter2")), Not(HasSubstr("\n"))))
        << yaml;
  }
}

TEST(ReadConfigFileTest, NamesTheFile) {
  const std::string name =
      absl::StrCat(testing::TempDir(), "/slotplanner_config.yaml.", getpid());
  std::ofstream(name) << "limits: {max_keys: 0x}\n";
  EXPECT_EQ(ReadConfigFile(name).status().message(),
            name + ": line 1: limits.max_keys: must be a whole number");
  std::ofstream(name) << "limits: {max_keys: 7}\n";
  EXPECT_EQ(ReadConfigFile(name)->limits().max_keys(), 7);
}

TEST(ReadConfigFileTest, TellsWhyAFileCannotBeRead) {
  EXPECT_EQ(ReadConfigFile("/no/such/file").status().message(),
            "/no/such/file: No such file or directory");
  EXPECT_EQ(ReadConfigFile("/").status().message(), "/: Is a directory");
  EXPECT_EQ(ReadConfigFile("/dev/zero").status().message(),
            "/dev/zero: larger than 1 MiB");
}

}  // namespace
}  // namespace slotplanner
