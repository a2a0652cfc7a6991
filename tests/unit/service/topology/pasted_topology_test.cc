// SPDX-License-Identifier: Apache-2.0
#include "service/topology/pasted_topology.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_replace.h"
#include "service/slots/hash_slot.h"

namespace slotplanner {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// What one cluster of Redis 7.0.15, with three nodes and two migrations,
// answered: by redis-cli in several forms, and as bytes.
std::vector<std::filesystem::path> Answers() {
  std::vector<std::filesystem::path> files;
  const char* const folder = std::getenv("SLOTPLANNER_PASTED_TOPOLOGIES");
  for (const auto& entry : std::filesystem::directory_iterator(
           folder == nullptr ? "tests/fuzz/corpus/pasted_topology" : folder)) {
    files.push_back(entry.path());
  }
  return files;
}

std::string ContentOf(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string Mistake(std::string_view text) {
  const absl::Status status = ParsePastedTopology(text).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << text;
  return std::string(status.message());
}

TEST(ParsePastedTopologyTest, AllFormsOfAnAnswerShowTheSame) {
  ASSERT_THAT(Answers(), SizeIs(12));
  const auto expected = ClusterTopology::Make(
      {{.slot_ranges =
            {{*HashSlot::FromNumber(0), *HashSlot::FromNumber(5000)},
             {*HashSlot::FromNumber(5002), *HashSlot::FromNumber(5002)},
             {*HashSlot::FromNumber(6000), *HashSlot::FromNumber(8191)}},
        .primary = {.node_id = "42ee31756f80110c804ab6e68e71ae5f007603bb",
                    .host = "127.0.0.1",
                    .port = 19811,
                    .zone = ""},
        .replicas = {{.node_id = "95cf645abf658655a3b00cdd254d7c7552ec44e0",
                      .host = "127.0.0.1",
                      .port = 19813,
                      .zone = ""}}},
       {.slot_ranges = {{*HashSlot::FromNumber(8192),
                         *HashSlot::FromNumber(16383)}},
        .primary = {.node_id = "1934fc880b243956defe76612a361dd0bfa20615",
                    .host = "127.0.0.1",
                    .port = 19812,
                    .zone = ""},
        .replicas = {}}});
  ASSERT_TRUE(expected.ok());
  for (const std::filesystem::path& path : Answers()) {
    const std::string text = ContentOf(path);
    const auto topology = ParsePastedTopology(text);
    ASSERT_TRUE(topology.ok()) << path << ": " << topology.status();
    EXPECT_EQ(topology->shards(), expected->shards()) << path;
    if (path.extension() == ".resp2" || path.extension() == ".resp3") continue;
    // As it comes out of a text field of another system.
    const auto pasted = ParsePastedTopology(
        "\r\n" + absl::StrReplaceAll(text, {{"\n", "\r\n"}}) + "\r\n\r\n");
    ASSERT_TRUE(pasted.ok()) << path << ": " << pasted.status();
    EXPECT_EQ(pasted->shards(), expected->shards()) << path;
  }
}

TEST(ParsePastedTopologyTest, NoBeginningOfAnAnswerCrashes) {
  for (const std::filesystem::path& path : Answers()) {
    const std::string text = ContentOf(path);
    for (size_t size = 0; size < text.size(); ++size) {
      const auto topology = ParsePastedTopology(text.substr(0, size));
      if (!topology.ok()) {
        EXPECT_TRUE(absl::IsInvalidArgument(topology.status()));
        EXPECT_FALSE(topology.status().message().empty());
      }
    }
  }
}

TEST(ParsePastedTopologyTest, PortsWithTlsCountWhenThereAreNoOthers) {
  const auto topology = ParsePastedTopology(
      R"([{"slots":[0,16383],"nodes":[{"id":"a","tls-port":6380,)"
      R"("endpoint":null,"role":"master","health":"online"}]}])");
  ASSERT_TRUE(topology.ok()) << topology.status();
  EXPECT_EQ(topology->shards()[0].primary.port, 6380);
  EXPECT_EQ(topology->shards()[0].primary.host, "127.0.0.1");
}

TEST(ParsePastedTopologyTest, SaysWhatIsWrong) {
  EXPECT_THAT(Mistake(""), HasSubstr("empty"));
  EXPECT_THAT(Mistake(" \r\n\t"), HasSubstr("empty"));
  EXPECT_THAT(Mistake("what is this"), HasSubstr("line 1: "));
  EXPECT_THAT(Mistake("-ERR unknown command\r\n"), HasSubstr("an error"));
  EXPECT_THAT(Mistake("*0\r\n"), HasSubstr("no shard"));
  EXPECT_THAT(Mistake("7"), HasSubstr("line 1: "));
  EXPECT_THAT(Mistake(":7\r\n"), HasSubstr("line 1: "));
  EXPECT_THAT(Mistake("1) (integer) 7\n"), HasSubstr("shards[0]: not a map"));
  EXPECT_THAT(Mistake("slots\n0\nx\nnodes\n"), HasSubstr("shards[0].slots"));
  EXPECT_THAT(Mistake("a h:1@2 master - 0 0 0 connected 0-9\n"
                      "b h:2@3 master - 0 0 0 connected 9\n"),
              HasSubstr("claimed twice"));
  EXPECT_THAT(Mistake(std::string(kMaxPastedTopologyBytes + 1, ' ')),
              HasSubstr("524288 bytes"));
}

}  // namespace
}  // namespace slotplanner
