// SPDX-License-Identifier: Apache-2.0
#include "server/options.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/config_file.h"

namespace slotplanner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

absl::StatusOr<ServerOptions> Complete(const std::string& yaml) {
  const auto config = ParseConfig(yaml);
  EXPECT_TRUE(config.ok()) << config.status();
  if (!config.ok()) return config.status();
  const auto name_of = [](std::string_view path) { return std::string(path); };
  ServerOptions options;
  absl::Status status = ApplyConfig(*config, name_of, options);
  if (status.ok()) status = CompleteOptions(*config, name_of, options);
  if (!status.ok()) return status;
  return options;
}

ServerOptions OptionsOf(const std::string& yaml) {
  auto options = Complete(yaml);
  EXPECT_TRUE(options.ok()) << yaml << options.status();
  return options.ok() ? *std::move(options) : ServerOptions{};
}

std::string ErrorOf(const std::string& yaml) {
  const auto options = Complete(yaml);
  EXPECT_EQ(options.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(options.status().message());
}

constexpr char kTls[] = "grpc_tls: {certificate_file: c, key_file: k}\n";
constexpr char kMutualTls[] =
    "grpc_tls: {certificate_file: c, key_file: k, client_ca_file: a}\n";

TEST(CompleteOptionsTest, MakesUpAClusterAndLetsEveryoneIn) {
  const ServerOptions options = OptionsOf("{}");
  EXPECT_FALSE(options.has_configured_cluster);
  ASSERT_EQ(options.clusters.size(), 1u);
  ASSERT_NE(options.callers, nullptr);
  EXPECT_TRUE(options.callers->is_open());
  EXPECT_THAT(options.token_files, IsEmpty());
}

TEST(CompleteOptionsTest, IdentitiesNeedTheAuthoritiesOfClients) {
  const std::string callers = "callers: [{name: a, identities: [a.example]}]\n";
  const std::string error =
      "callers[0].identities: client certificates are asked for only with "
      "grpc_tls.client_ca_file";
  EXPECT_EQ(ErrorOf(callers), error);
  EXPECT_EQ(ErrorOf(kTls + callers), error);
  const ServerOptions options = OptionsOf(kMutualTls + callers);
  ASSERT_EQ(options.callers->rules().size(), 1u);
  EXPECT_EQ(options.callers->rules()[0].name, "a");
}

TEST(CompleteOptionsTest, NamesTheCallerThatHasThem) {
  EXPECT_EQ(ErrorOf("callers: [{name: a, token_file: /none}, "
                    "{name: b, identities: [b.example]}]")
                .find("callers[0].token_file"),
            0u);
  EXPECT_EQ(ErrorOf(absl::StrCat(kMutualTls,
                                 "callers: [{name: a, identities: [a.example]},"
                                 " {name: a, identities: [b.example]}]"))
                .find("callers[1].name"),
            0u);
}

TEST(CompleteOptionsTest, KnowsTheMethodsOfAllServices) {
  for (const char* method :
       {"Keyslot", "GroupKeys", "PlanBatch", "GetTopology", "WatchTopology",
        "GetCommands", "GetKeyPositions", "ReportRedirection", "ExplainError",
        "SuggestHashTags", "MintHashTags", "AnalyzeKeys", "AnalyzeWorkload",
        "CheckTemplates"}) {
    const ServerOptions options =
        OptionsOf(absl::StrCat(kMutualTls,
                               "callers: [{name: a, identities: [a.example], "
                               "methods: [",
                               method, "]}]"));
    ASSERT_EQ(options.callers->rules().size(), 1u);
    EXPECT_THAT(options.callers->rules()[0].methods, ElementsAre(method));
  }
  EXPECT_EQ(ErrorOf(absl::StrCat(kMutualTls,
                                 "callers: [{name: a, identities: [a.example], "
                                 "methods: [Keyslots]}]"))
                .find("callers[0].methods[0]"),
            0u);
}

TEST(CompleteOptionsTest, KnowsTheClustersThatThereAre) {
  const std::string caller =
      "callers: [{name: a, identities: [a.example], clusters: [one]}]\n";
  OptionsOf(absl::StrCat(
      kMutualTls, "clusters: [{name: one, source: 'static:1'}]\n", caller));
  EXPECT_EQ(ErrorOf(absl::StrCat(kMutualTls,
                                 "clusters: [{name: two, source: 'static:1'}]"
                                 "\n",
                                 caller))
                .find("callers[0].clusters[0]"),
            0u);
}

TEST(CompleteOptionsTest, PlainTextIsForThisMachine) {
  const std::string everywhere = "grpc_listen: ['0.0.0.0:1']\n";
  EXPECT_EQ(ErrorOf(everywhere),
            "grpc_listen: other machines can reach this address, and it is "
            "plain text; set grpc_tls, or allow_plaintext if the network is "
            "safe");
  // One of several is enough, wherever it stands.
  EXPECT_EQ(ErrorOf("grpc_listen: ['127.0.0.1:1', 'unix:/s', '10.0.0.1:1']")
                .find("grpc_listen: other machines"),
            0u);
  OptionsOf(everywhere + kTls);
  OptionsOf(everywhere + "allow_plaintext: true");
  OptionsOf("grpc_listen: ['127.0.0.1:1', '[::1]:1', 'unix:/s']");
}

TEST(SettingsThatNeedRestartTest, AreThoseOfListenersAndConnections) {
  const ServerOptions before = OptionsOf("{}");
  const auto after = [&](const std::string& yaml) {
    return SettingsThatNeedRestart(before, OptionsOf(yaml));
  };
  EXPECT_THAT(after("{}"), IsEmpty());
  EXPECT_THAT(after("grpc_listen: ['127.0.0.1:1']"),
              ElementsAre("grpc_listen"));
  EXPECT_THAT(after("admin_listen: '127.0.0.1:1'"),
              ElementsAre("admin_listen"));
  EXPECT_THAT(after(kTls), ElementsAre("grpc_tls"));
  EXPECT_THAT(after("reflection: false"), ElementsAre("reflection"));
  EXPECT_THAT(after("max_connection_age: 1m"),
              ElementsAre("max_connection_age"));
  EXPECT_THAT(after("max_connection_age_grace: 1m"),
              ElementsAre("max_connection_age_grace"));
  EXPECT_THAT(
      after("limits: {max_message_bytes: 1024, "
            "max_calls_per_connection: 1, max_metadata_bytes: 1024}"),
      ElementsAre("limits.max_message_bytes", "limits.max_calls_per_connection",
                  "limits.max_metadata_bytes"));
}

TEST(SettingsThatNeedRestartTest, AreNoneThatApplyWhileItRuns) {
  const ServerOptions before = OptionsOf(kMutualTls);
  const ServerOptions after = OptionsOf(absl::StrCat(
      kMutualTls,
      "clusters: [{name: a, source: 'static:1'}]\n"
      "callers: [{name: a, identities: [a.example]}]\n"
      "refresh_interval: 1s\nrefresh_timeout: 1s\nmin_refresh_interval: 1s\n"
      "max_topology_age: 1m\nrefresh_nodes: 1\ndrain_delay: 1s\n"
      "shutdown_timeout: 1s\nopen_health: false\nlog_level: debug\n"
      "limits: {max_keys: 1, max_commands: 1, max_arguments: 1, "
      "max_advice_keys: 1, max_hash_tags: 1, "
      "max_watchers: 1, max_analyses: 1, max_analysis_duration: 1s, "
      "max_connections: 1, max_concurrent_calls: 1, "
      "max_queued_calls: 1, max_queue_delay: 1s, "
      "memory_quota_bytes: 1048576}"));
  EXPECT_THAT(SettingsThatNeedRestart(before, after), IsEmpty());
}

}  // namespace
}  // namespace slotplanner
