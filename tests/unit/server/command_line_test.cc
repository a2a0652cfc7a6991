// SPDX-License-Identifier: Apache-2.0
#include "server/command_line.h"

#include <fstream>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/flags/commandlineflag.h"
#include "absl/flags/reflection.h"
#include "absl/strings/str_cat.h"

namespace slotplanner {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

absl::StatusOr<CommandLine> Parse(std::vector<const char*> arguments) {
  return ParseCommandLine(arguments);
}

ServerOptions OptionsOf(std::vector<const char*> arguments) {
  const auto command_line = Parse(std::move(arguments));
  EXPECT_TRUE(command_line.ok()) << command_line.status();
  return command_line.ok() ? command_line->options : ServerOptions{};
}

std::string ErrorOf(std::vector<const char*> arguments) {
  const auto command_line = Parse(std::move(arguments));
  EXPECT_FALSE(command_line.ok());
  return std::string(command_line.status().message());
}

// A configuration file that lives as long as this.
class ConfigFile {
 public:
  explicit ConfigFile(std::string_view text) { std::ofstream(name_) << text; }
  ~ConfigFile() { std::remove(name_.c_str()); }

  const std::string& name() const { return name_; }
  std::string flag() const { return "--config=" + name_; }

 private:
  const std::string name_ = absl::StrCat(
      testing::TempDir(), "/",
      testing::UnitTest::GetInstance()->current_test_info()->name(), ".yaml");
};

TEST(ParseCommandLineTest, HasTheDocumentedDefaults) {
  const ServerOptions options = OptionsOf({});
  ASSERT_EQ(options.grpc_listen.size(), 1u);
  EXPECT_EQ(ToString(options.grpc_listen[0]), "127.0.0.1:50051");
  EXPECT_EQ(ToString(options.admin_listen), "127.0.0.1:9464");
  EXPECT_FALSE(options.has_configured_cluster);
  ASSERT_EQ(options.clusters.size(), 1u);
  EXPECT_EQ(DescribeSourceSpec(options.clusters[0].source), "static:3");
  EXPECT_EQ(options.refresh_interval, absl::Seconds(10));
  EXPECT_EQ(options.refresh_timeout, absl::Seconds(5));
  EXPECT_EQ(options.max_message_bytes, 64 * 1024 * 1024);
  EXPECT_EQ(options.request_limits.max_keys, 1'000'000);
}

TEST(ParseCommandLineTest, ReadsEveryFlag) {
  const ServerOptions options =
      OptionsOf({"--grpc_listen=0.0.0.0:1,unix:/tmp/s",
                 "--admin_listen=localhost:2",
                 "--cluster=orders=redis://h:1",
                 "--cluster=carts=static:2",
                 "--refresh_interval=3s",
                 "--refresh_timeout=400ms",
                 "--drain_delay=0",
                 "--max_message_bytes=1024",
                 "--max_keys=6",
                 "--max_commands=7",
                 "--max_arguments=8",
                 "--max_advice_keys=12",
                 "--max_hash_tags=11",
                 "--max_analyses=19",
                 "--max_analysis_duration=20s",
                 "--allow_plaintext",
                 "--shutdown_timeout=9s",
                 "--max_connection_age=0",
                 "--max_connection_age_grace=11s",
                 "--open_health=false",
                 "--reflection=false",
                 "--log_level=debug",
                 "--max_connections=12",
                 "--max_calls_per_connection=13",
                 "--max_concurrent_calls=14",
                 "--max_queued_calls=15",
                 "--max_queue_delay=16ms",
                 "--memory_quota_bytes=1717986918400",
                 "--max_metadata_bytes=1800",
                 "--refuse_root=true"});
  ASSERT_EQ(options.grpc_listen.size(), 2u);
  EXPECT_EQ(ToString(options.grpc_listen[0]), "0.0.0.0:1");
  EXPECT_EQ(ToString(options.grpc_listen[1]), "unix:/tmp/s");
  EXPECT_EQ(ToString(options.admin_listen), "localhost:2");
  ASSERT_EQ(options.clusters.size(), 2u);
  EXPECT_EQ(options.clusters[0].name, "orders");
  EXPECT_EQ(DescribeSourceSpec(options.clusters[0].source), "redis://h:1");
  EXPECT_EQ(options.clusters[1].name, "carts");
  EXPECT_EQ(DescribeSourceSpec(options.clusters[1].source), "static:2");
  EXPECT_EQ(options.refresh_interval, absl::Seconds(3));
  EXPECT_EQ(options.refresh_timeout, absl::Milliseconds(400));
  EXPECT_EQ(options.drain_delay, absl::ZeroDuration());
  EXPECT_EQ(options.max_message_bytes, 1024);
  EXPECT_EQ(options.request_limits.max_keys, 6);
  EXPECT_EQ(options.request_limits.max_commands, 7);
  EXPECT_EQ(options.request_limits.max_arguments, 8);
  EXPECT_EQ(options.request_limits.max_advice_keys, 12);
  EXPECT_EQ(options.request_limits.max_hash_tags, 11);
  EXPECT_EQ(options.call_limits.max_analyses, 19);
  EXPECT_EQ(options.call_limits.max_analysis_duration, absl::Seconds(20));
  EXPECT_TRUE(options.allow_plaintext);
  EXPECT_EQ(options.shutdown_timeout, absl::Seconds(9));
  EXPECT_EQ(options.max_connection_age, absl::InfiniteDuration());
  EXPECT_EQ(options.max_connection_age_grace, absl::Seconds(11));
  EXPECT_FALSE(options.open_health);
  EXPECT_FALSE(options.reflection);
  EXPECT_EQ(options.log_level, LogLevel::kDebug);
  EXPECT_EQ(options.max_connections, 12);
  EXPECT_EQ(options.max_calls_per_connection, 13);
  EXPECT_EQ(options.call_limits.max_concurrent_calls, 14);
  EXPECT_EQ(options.call_limits.max_queued_calls, 15);
  EXPECT_EQ(options.call_limits.max_queue_delay, absl::Milliseconds(16));
  EXPECT_EQ(options.call_limits.memory_quota_bytes, 1'717'986'918'400);
  EXPECT_EQ(options.max_metadata_bytes, 1800);
  EXPECT_TRUE(options.refuse_root);
}

TEST(ParseCommandLineTest, ReadsTheFilesOfTheListenersTls) {
  const ServerOptions options =
      OptionsOf({"--grpc_listen=0.0.0.0:1", "--grpc_tls_certificate_file=c",
                 "--grpc_tls_key_file=k", "--grpc_tls_client_ca_file=a",
                 "--grpc_tls_require_client_certificate=false"});
  EXPECT_TRUE(options.has_tls());
  EXPECT_EQ(options.grpc_tls,
            (ListenerTlsFiles{.certificate_file = "c",
                              .key_file = "k",
                              .client_ca_file = "a",
                              .require_client_certificate = false}));
}

TEST(ParseCommandLineTest, WantsASayForPlainTextThatOthersReach) {
  for (const char* address :
       {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1", "unix:/s"}) {
    OptionsOf({absl::StrCat("--grpc_listen=", address).c_str()});
  }
  for (const char* address :
       {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "128.0.0.1:1", "host:1"}) {
    const std::string flag = absl::StrCat("--grpc_listen=", address);
    EXPECT_EQ(ErrorOf({flag.c_str()}),
              "grpc_listen: other machines can reach this address, and it is "
              "plain text; set grpc_tls, or allow_plaintext if the network is "
              "safe")
        << address;
    OptionsOf({flag.c_str(), "--allow_plaintext=true"});
  }
}

TEST(ParseCommandLineTest, WantsTheFilesOfTlsTogether) {
  EXPECT_EQ(ErrorOf({"--grpc_tls_key_file=k"}),
            "grpc_tls: needs both certificate_file and key_file");
  EXPECT_EQ(ErrorOf({"--grpc_tls_client_ca_file=a"}),
            "grpc_tls: client_ca_file needs certificate_file and key_file");
}

TEST(ParseCommandLineTest, TakesAValueFromTheNextArgument) {
  EXPECT_EQ(OptionsOf({"--max_keys", "6"}).request_limits.max_keys, 6);
}

TEST(ParseCommandLineTest, CountsTheLastOfEqualFlags) {
  EXPECT_EQ(OptionsOf({"--max_keys=6", "--max_keys=7"}).request_limits.max_keys,
            7);
}

TEST(ParseCommandLineTest, RemembersNothingFromOneCallToTheNext) {
  OptionsOf({"--max_keys=6"});
  EXPECT_EQ(OptionsOf({}).request_limits.max_keys, 1'000'000);
}

TEST(ParseCommandLineTest, CallsAClusterWithoutANameDefault) {
  // The password's `=` begins no source.
  const ServerOptions options = OptionsOf({"--cluster=redis://u:a=b@h:1,i:2"});
  ASSERT_EQ(options.clusters.size(), 1u);
  EXPECT_EQ(options.clusters[0].name, "default");
  EXPECT_EQ(std::get<RedisSourceSpec>(options.clusters[0].source).password,
            "a=b");
}

TEST(ParseCommandLineTest, HelpAndVersionNeedNothingElse) {
  EXPECT_EQ(Parse({"--help"})->action, CommandLine::Action::kPrintManual);
  EXPECT_EQ(Parse({"--version"})->action, CommandLine::Action::kPrintVersion);
}

TEST(ParseCommandLineTest, AHealthcheckTakesTheServersFlags) {
  const auto process = Parse({"--healthcheck", "--grpc_listen=127.0.0.1:1"});
  ASSERT_TRUE(process.ok()) << process.status();
  EXPECT_EQ(process->action, CommandLine::Action::kHealthcheck);
  EXPECT_EQ(process->healthcheck_service, "");
  EXPECT_EQ(ToString(process->options.grpc_listen.front()), "127.0.0.1:1");

  const auto service = Parse({"--max_keys", "6", "--healthcheck=a.B/c=d"});
  ASSERT_TRUE(service.ok()) << service.status();
  EXPECT_EQ(service->action, CommandLine::Action::kHealthcheck);
  EXPECT_EQ(service->healthcheck_service, "a.B/c=d");
  EXPECT_EQ(ErrorOf({"--healthcheck", "--max_keys=x"}),
            "--max_keys wants a whole number; see --help");
}

TEST(ParseCommandLineTest, SaysWhatIsWrong) {
  EXPECT_EQ(ErrorOf({"--max_keyz=1"}),
            "there is no flag --max_keyz; see --help");
  EXPECT_EQ(ErrorOf({"--max_keys"}), "--max_keys wants a value; see --help");
  EXPECT_EQ(ErrorOf({"--max_keys=many"}),
            "--max_keys wants a whole number; see --help");
  EXPECT_EQ(ErrorOf({"--refuse_root=perhaps"}),
            "--refuse_root wants true or false; see --help");
  EXPECT_EQ(ErrorOf({"--max_keys=99999999999"}),
            "--max_keys wants a whole number; see --help");
  EXPECT_EQ(ErrorOf({"--refresh_interval=5"}),
            "--refresh_interval wants a duration such as 10s or 500ms; see "
            "--help");
  EXPECT_EQ(ErrorOf({"--max_keys=1", "7000"}),
            "argument 2 is no flag; see --help");
  EXPECT_EQ(ErrorOf({"-help"}), "argument 1 is no flag; see --help");
  EXPECT_EQ(ErrorOf({"--"}), "argument 1 is no known flag; see --help");
  EXPECT_EQ(ErrorOf({"--help=1"}), "there is no flag --help; see --help");
}

TEST(ParseCommandLineTest, ChecksEveryRange) {
  EXPECT_EQ(ErrorOf({"--max_message_bytes=1023"}),
            "--max_message_bytes: must be from 1024 to 1073741824");
  EXPECT_EQ(ErrorOf({"--max_keys=0"}),
            "--max_keys: must be from 1 to 2147483647");
  EXPECT_THAT(ErrorOf({"--max_commands=0"}), StartsWith("--max_commands: "));
  EXPECT_THAT(ErrorOf({"--max_arguments=-1"}), StartsWith("--max_arguments: "));
  EXPECT_THAT(ErrorOf({"--max_advice_keys=0"}),
              StartsWith("--max_advice_keys: "));
  EXPECT_THAT(ErrorOf({"--max_hash_tags=0"}), StartsWith("--max_hash_tags: "));
  EXPECT_EQ(ErrorOf({"--max_analyses=-1"}),
            "--max_analyses: must be from 0 to 100000");
  EXPECT_EQ(ErrorOf({"--max_analysis_duration=0"}),
            "--max_analysis_duration: must be from 1ms to 10000h");
  EXPECT_EQ(ErrorOf({"--refresh_interval=99ms"}),
            "--refresh_interval: must be from 100ms to 24h");
  EXPECT_EQ(ErrorOf({"--refresh_interval=inf"}),
            "--refresh_interval: must be from 100ms to 24h");
  EXPECT_EQ(ErrorOf({"--refresh_timeout=9ms"}),
            "--refresh_timeout: must be from 10ms to 10m");
  EXPECT_EQ(ErrorOf({"--drain_delay=-1s"}),
            "--drain_delay: must be from 0 to 1h");
  EXPECT_THAT(ErrorOf({"--grpc_listen=127.0.0.1:1,,127.0.0.1:2"}),
              StartsWith("--grpc_listen: an address is host:port"));
  EXPECT_THAT(ErrorOf({"--grpc_listen="}), StartsWith("--grpc_listen: "));
  EXPECT_THAT(ErrorOf({"--admin_listen=9464"}), StartsWith("--admin_listen: "));
  EXPECT_EQ(ErrorOf({"--admin_listen=unix:/tmp/s"}),
            "--admin_listen: must be host:port, the host a name or an IPv4 "
            "address");
  EXPECT_THAT(ErrorOf({"--admin_listen=[::1]:0"}),
              StartsWith("--admin_listen: must be host:port"));
}

TEST(ParseCommandLineTest, ChecksThatTheTimesGoTogether) {
  EXPECT_EQ(ErrorOf({"--refresh_interval=1h"}),
            "max_topology_age: must be at least twice refresh_interval, or a "
            "topology grows too old between two refreshes");
  const ServerOptions options =
      OptionsOf({"--refresh_interval=100ms", "--min_refresh_interval=10ms",
                 "--max_topology_age=1s", "--refresh_nodes=7"});
  EXPECT_EQ(options.min_refresh_interval, absl::Milliseconds(10));
  EXPECT_EQ(options.max_topology_age, absl::Seconds(1));
  EXPECT_EQ(options.refresh_nodes, 7);
}

TEST(ParseCommandLineTest, ChecksClusters) {
  EXPECT_THAT(ErrorOf({"--cluster=Orders=static:3"}),
              StartsWith("--cluster: a cluster's name has"));
  EXPECT_THAT(ErrorOf({"--cluster==static:3"}),
              StartsWith("--cluster: a cluster's name has"));
  EXPECT_EQ(ErrorOf({"--cluster=a=static:1", "--cluster=a=static:2"}),
            "--cluster: two clusters are called a");
  EXPECT_EQ(ErrorOf({"--cluster=static:1", "--cluster=static:2"}),
            "--cluster: two clusters are called default");
  EXPECT_THAT(ErrorOf({"--cluster=a=static:0"}), StartsWith("--cluster: "));
  EXPECT_THAT(ErrorOf({"--cluster="}), StartsWith("--cluster: "));
}

TEST(ParseCommandLineTest, NeverRepeatsAPassword) {
  for (const std::vector<const char*>& arguments :
       std::initializer_list<std::vector<const char*>>{
           {"redis://u:hunter2@h:1"},
           {"--redis://u:hunter2@h:1"},
           {"--clutser=redis://u:hunter2@h:1"},
           {"--cluster=a=redis://u:hunter2@h"},
           {"--cluster=hunter2=@redis://u:hunter2@h:1"},
           {"--cluster=http://u:hunter2@h:1"},
           {"--cluster=redis://u:hunter2@"},
           {"--max_keys=redis://u:hunter2@h:1"},
           {"--admin_listen=redis://u:hunter2@h:x"},
           {"--grpc_listen", "hunter2"}}) {
    EXPECT_THAT(ErrorOf(arguments),
                AllOf(Not(HasSubstr("hunter2")), Not(HasSubstr("\n"))))
        << arguments[0];
  }
}

TEST(ParseCommandLineTest, TakesSettingsFromTheFile) {
  const ConfigFile file(
      "clusters: [{name: a, source: 'static:1'}]\n"
      "limits: {max_keys: 5, max_commands: 6}\n");
  const ServerOptions options = OptionsOf({file.flag().c_str()});
  ASSERT_EQ(options.clusters.size(), 1u);
  EXPECT_EQ(options.clusters[0].name, "a");
  EXPECT_EQ(options.request_limits.max_keys, 5);
  EXPECT_EQ(options.request_limits.max_arguments, 2'000'000);
}

TEST(ParseCommandLineTest, GivesEachClusterTheCommandsDeclaredForIt) {
  const ConfigFile file(
      "clusters:\n"
      "- {name: a, source: 'static:1'}\n"
      "- {name: b, source: 'static:1', commands: [{name: MY.GET, arity: "
      "2}]}\n");
  const ServerOptions options = OptionsOf({file.flag().c_str()});
  ASSERT_EQ(options.clusters.size(), 2u);
  EXPECT_EQ(options.clusters[0].declared_commands, nullptr);
  ASSERT_NE(options.clusters[1].declared_commands, nullptr);
  EXPECT_NE(options.clusters[1].declared_commands->Find("my.get"), nullptr);
}

TEST(ParseCommandLineTest, GivesEachClusterItsAccess) {
  const ConfigFile file(
      "clusters:\n"
      "- {name: a, source: 'redis://h:1', password_file: /run/secrets/a}\n"
      "- {name: b, source: 'redis://h:1', zones: [{name: z, hosts: [h]}]}\n");
  const ServerOptions options = OptionsOf({file.flag().c_str()});
  ASSERT_EQ(options.clusters.size(), 2u);
  EXPECT_FALSE(options.clusters[0].access.password.is_none());
  EXPECT_TRUE(options.clusters[1].access.password.is_none());
  EXPECT_EQ(options.clusters[1].access.zones.ZoneOf("h"), "z");
}

TEST(ParseCommandLineTest, LetsAFlagWinOverTheFileWhereverItStands) {
  const ConfigFile file(
      "grpc_listen: ['127.0.0.1:1', '127.0.0.1:2']\n"
      "clusters: [{name: a, source: 'static:1'}]\n"
      "limits: {max_keys: 5, max_commands: 6}\n");
  const std::string config = file.flag();
  const ServerOptions options =
      OptionsOf({"--max_keys=7", "--cluster=b=static:2", config.c_str(),
                 "--grpc_listen=127.0.0.1:3"});
  ASSERT_EQ(options.grpc_listen.size(), 1u);
  EXPECT_EQ(options.grpc_listen[0].port, 3);
  ASSERT_EQ(options.clusters.size(), 1u);
  EXPECT_EQ(options.clusters[0].name, "b");
  EXPECT_EQ(options.request_limits.max_keys, 7);
  EXPECT_EQ(options.request_limits.max_commands, 6);
}

TEST(ParseCommandLineTest, NamesFileAndPathOfASettingOutOfItsRange) {
  const auto error_of = [](std::string_view yaml) {
    const ConfigFile file(yaml);
    const std::string error = ErrorOf({file.flag().c_str()});
    EXPECT_THAT(error, StartsWith(file.name() + ": "));
    return error.substr(std::min(error.size(), file.name().size() + 2));
  };
  EXPECT_EQ(error_of("limits: {max_keys: 0}"),
            "limits.max_keys: must be from 1 to 2147483647");
  EXPECT_EQ(error_of("drain_delay: 2h"), "drain_delay: must be from 0 to 1h");
  EXPECT_THAT(error_of("grpc_listen: ['a:1', 'b']"),
              StartsWith("grpc_listen[1]: an address is"));
  EXPECT_THAT(error_of("clusters: [{source: 'static:1'}]"),
              StartsWith("clusters[0].name: a cluster's name has"));
  EXPECT_EQ(error_of("clusters: [{name: a, source: 'static:1'},"
                     " {name: a, source: 'static:1'}]"),
            "clusters[1].name: two clusters are called a");
  EXPECT_THAT(error_of("clusters: [{name: a}]"),
              StartsWith("clusters[0].source: "));
  EXPECT_THAT(
      error_of("clusters: [{name: a, source: 'redis://u:hunter2@h'}]"),
      AllOf(StartsWith("clusters[0].source: "), Not(HasSubstr("hunter2"))));
  EXPECT_EQ(error_of("clusters: [{name: a, source: 'static:1'}, {name: b, "
                     "source: 'static:1', commands: [{name: x, arity: 2}, "
                     "{name: y, arity: 2, flags: [slow]}]}]"),
            "clusters[1].commands[1].flags[0]: is no flag of a command");
  EXPECT_EQ(error_of("clusters: [{name: a, source: 'redis://h:1', tls: {}}]"),
            "clusters[0].tls: needs a source that begins with rediss://");
  EXPECT_EQ(error_of("limits: {max_watchers: -1}"),
            "limits.max_watchers: must be from 0 to 1000000");
  EXPECT_EQ(error_of("nonsense: 1"), "line 1: there is no setting nonsense");
}

TEST(ManualTest, TellsEveryFlagWithItsDefault) {
  const std::string manual = Manual();
  for (const auto& [name, flag] : absl::GetAllFlags()) {
    EXPECT_THAT(manual, HasSubstr(absl::StrCat("\n  --", name, "=",
                                               flag->DefaultValue(), "\n")));
  }
  EXPECT_THAT(manual, HasSubstr("--max_message_bytes=67108864"));
  EXPECT_THAT(manual, HasSubstr("Exit codes:"));
}

TEST(ManualTest, FitsATerminal) {
  for (size_t begin = 0, end; begin < Manual().size(); begin = end + 1) {
    end = Manual().find('\n', begin);
    EXPECT_LE(end - begin, 80u) << Manual().substr(begin, end - begin);
  }
}

}  // namespace
}  // namespace slotplanner
