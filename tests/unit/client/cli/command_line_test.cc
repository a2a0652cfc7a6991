// SPDX-License-Identifier: Apache-2.0
#include "client/cli/command_line.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slotplanner::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

CommandLine Parsed(const std::vector<std::string_view>& words) {
  const auto line = ParseCommandLine(words, {});
  EXPECT_TRUE(line.ok()) << line.status();
  return line.value_or(CommandLine{});
}

std::string Complaint(const std::vector<std::string_view>& words) {
  const auto line = ParseCommandLine(words, {});
  EXPECT_EQ(line.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(line.status().message());
}

TEST(ParseCommandLineTest, TakesFlagsBeforeAndBehindTheSubcommand) {
  const CommandLine line =
      Parsed({"--server=unix:/run/s", "group", "--by", "node", "--output=json",
              "--timeout=250ms", "--cluster", "orders", "a", "b"});
  EXPECT_EQ(line.subcommand, "group");
  EXPECT_EQ(line.options.server, "unix:/run/s");
  EXPECT_EQ(line.options.cluster, "orders");
  EXPECT_EQ(line.options.grouping, v1::GROUPING_NODE);
  EXPECT_EQ(line.options.output, OutputFormat::kJson);
  EXPECT_EQ(line.options.timeout, absl::Milliseconds(250));
  EXPECT_THAT(line.args, ElementsAre("a", "b"));
}

TEST(ParseCommandLineTest, KeepsWhatFollowsTheFirstArgumentAsItIs) {
  EXPECT_THAT(Parsed({"exec", "INCRBY", "k", "-1", "--help", "--"}).args,
              ElementsAre("INCRBY", "k", "-1", "--help", "--"));
  EXPECT_THAT(Parsed({"keyslot", "--", "--server"}).args,
              ElementsAre("--server"));
  EXPECT_THAT(Parsed({"keyslot", "-"}).args, ElementsAre("-"));
}

TEST(ParseCommandLineTest, AnEmptyArgumentIsAnArgument) {
  EXPECT_THAT(Parsed({"keyslot", ""}).args, ElementsAre(""));
}

TEST(ParseCommandLineTest, ReadsEscapesOnlyWhenAsked) {
  EXPECT_THAT(Parsed({"keyslot", R"(\xff)"}).args, ElementsAre(R"(\xff)"));
  EXPECT_THAT(Parsed({"keyslot", "--escapes", R"(\xff)"}).args,
              ElementsAre("\xff"));
  EXPECT_THAT(Complaint({"keyslot", "--escapes", "\\"}), HasSubstr("lone"));
}

TEST(ParseCommandLineTest, ReadsTheNamesOfTheApisEnums) {
  const Options options = Parsed({"plan", "--read_preference=nearest",
                                  "--split_policy=atomic", "--", "GET", "k"})
                              .options;
  EXPECT_EQ(options.read_preference, v1::READ_PREFERENCE_NEAREST);
  EXPECT_EQ(options.split_policy, v1::SPLIT_POLICY_ATOMIC);
}

TEST(ParseCommandLineTest, ReadsHowToReachTheServer) {
  EXPECT_FALSE(Parsed({"topology"}).options.tls);
  EXPECT_TRUE(Parsed({"topology", "--tls"}).options.tls);
  const Options options =
      Parsed({"--tls_ca_file=ca", "--tls_certificate_file=crt",
              "--tls_key_file=key", "--tls_server_name=n", "--token_file=t",
              "topology"})
          .options;
  EXPECT_TRUE(options.tls);
  EXPECT_EQ(options.tls_files, (TlsFiles{.ca_file = "ca",
                                         .certificate_file = "crt",
                                         .key_file = "key",
                                         .server_name = "n"}));
  EXPECT_EQ(options.token_file, "t");
  EXPECT_FALSE(options.redis_tls);
}

TEST(ParseCommandLineTest, EveryTlsFlagMeansTls) {
  EXPECT_FALSE(Parsed({"exec", "PING"}).options.redis_tls);
  EXPECT_TRUE(Parsed({"exec", "--redis_tls", "PING"}).options.redis_tls);
  const Options options =
      Parsed({"exec", "--redis_tls_ca_file=ca", "--redis_tls_key_file=key",
              "--redis_tls_certificate_file=crt", "--redis_tls_server_name=n",
              "PING"})
          .options;
  EXPECT_TRUE(options.redis_tls);
  EXPECT_EQ(options.redis_tls_files, (TlsFiles{.ca_file = "ca",
                                               .certificate_file = "crt",
                                               .key_file = "key",
                                               .server_name = "n"}));
}

TEST(ParseCommandLineTest, NeedsNoSubcommandForHelp) {
  EXPECT_TRUE(Parsed({"--help"}).options.help);
  EXPECT_TRUE(Parsed({"exec", "--help"}).options.help);
}

TEST(ParseCommandLineTest, ComplainsInOneLine) {
  EXPECT_EQ(Complaint({}), "a subcommand is missing");
  EXPECT_EQ(Complaint({"--bogus=1", "plan"}), "there is no flag --bogus");
  EXPECT_EQ(Complaint({"plan", "--cluster"}),
            "a value is missing after --cluster");
  EXPECT_EQ(Complaint({"plan", "--escapes=yes"}),
            "no value belongs in --escapes=yes");
  EXPECT_EQ(Complaint({"plan", "--output=xml"}),
            "--output must be text|json, not \"xml\"");
  EXPECT_EQ(Complaint({"topology", "--by=slot"}),
            "topology takes no flag --by");
}

TEST(ParseCommandLineTest, NamesMayHaveDashes) {
  const Options options = Parsed({"analyze", "--show-keys", "--max-entries=3",
                                  "--scan_rate=7", "--match", "a-b*"})
                              .options;
  EXPECT_TRUE(options.show_keys);
  EXPECT_EQ(options.max_entries, 3);
  EXPECT_EQ(options.scan_rate, 7);
  EXPECT_EQ(options.match, "a-b*");
  EXPECT_EQ(Complaint({"plan", "--no-such=1"}), "there is no flag --no-such");
}

TEST(ParseCommandLineTest, FilesHaveNoEscapes) {
  const CommandLine line = Parsed({"analyze", "--escapes", "a\x41"});
  EXPECT_TRUE(line.options.escapes);
  EXPECT_THAT(line.args, ElementsAre("a\x41"));
}

TEST(ParseCommandLineTest, MemoryOfSomeKeysIsMemory) {
  const Options options = Parsed({"analyze", "--memory_every=10"}).options;
  EXPECT_TRUE(options.has_memory);
  EXPECT_EQ(options.memory_every, 10);
}

TEST(ParseCommandLineTest, RefusesValuesThatMeanNothing) {
  Complaint({"analyze", "--match="});
  Complaint({"analyze", "--max_entries=1001"});
  Complaint({"analyze", "--max_entries=0"});
  Complaint({"analyze", "--scan_rate=0"});
  Complaint({"analyze", "--scan_count=100001"});
  Complaint({"analyze", "--memory_every=0"});
  Complaint({"plan", "--timeout=0"});
  Complaint({"plan", "--timeout=-1s"});
  Complaint({"plan", "--timeout=5"});
  Complaint({"plan", "--server="});
  Complaint({"plan", "--split_policy=unspecified"});
  Complaint({"plan", "--read_preference="});
}

TEST(FlagsHelpTest, ListsTheFlagsOfTheSubcommandOnly) {
  EXPECT_THAT(FlagsHelp("group"), HasSubstr("--by=slot|node"));
  EXPECT_THAT(FlagsHelp("exec"), HasSubstr("--redis_user=NAME"));
  EXPECT_EQ(FlagsHelp("plan").find("--redis"), std::string::npos);
}

}  // namespace
}  // namespace slotplanner::cli
