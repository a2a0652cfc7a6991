// SPDX-License-Identifier: Apache-2.0
#include "client/cli/analysis_text.h"

#include <string>

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace slotplanner::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

template <typename Message>
Message Parsed(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

TEST(FormatSkewTest, IsASentence) {
  EXPECT_EQ(FormatSkew("slots", "the mean",
                       Parsed<v1::Skew>("max_over_mean: 1.931 "
                                        "uniform_max_over_mean: 1.82 "
                                        "deviations: 0.4")),
            "slots: the fullest has 1.93 times the mean; chance alone would "
            "give 1.82: even\n");
  EXPECT_EQ(FormatSkew("shards", "its share",
                       Parsed<v1::Skew>("max_over_mean: 40.04 "
                                        "uniform_max_over_mean: 1.01 "
                                        "deviations: 1234.5 is_skewed: true")),
            "shards: the fullest has 40.0 times its share; chance alone would "
            "give 1.01: uneven, 1,234 standard deviations from chance\n");
  // Numbered keys, which CRC-16 spreads in its own way.
  EXPECT_EQ(
      FormatSkew("slots", "the mean",
                 Parsed<v1::Skew>("max_over_mean: 2.13 "
                                  "uniform_max_over_mean: 2.95 "
                                  "coefficient_of_variation: 0.447 "
                                  "uniform_coefficient_of_variation: 0.405 "
                                  "deviations: 20 is_skewed: true")),
      "slots: the fullest has 2.13 times the mean; chance alone would give "
      "2.95: even at the top, but not as a whole: they deviate by 0.45 of the "
      "mean, by chance alone by 0.41\n");
  EXPECT_EQ(FormatSkew("slots", "the mean", {}), "slots: empty\n");
}

constexpr char kKeys[] = R"pb(
  key_count: 3000
  weight: 3000
  tagged_key_count: 1000
  slot_skew { max_over_mean: 2 uniform_max_over_mean: 2 }
  fullest_slots { slot: 5 keys: 1000 weight: 1000 }
  fullest_slots { slot: 16383 keys: 1 weight: 1 }
  heaviest_tags { tag: "a\001" slot: 5 keys: 1000 weight: 1000 }
  tag_error: 3
  shards {
    shards {
      primary { host: "10.0.0.1" port: 7000 }
      slot_count: 8192
      keys: 2000
      weight: 2000
    }
    shards {
      primary { host: "10.0.0.2" port: 7000 }
      slot_count: 8191
      keys: 999
      weight: 999
    }
    skew { max_over_mean: 1.3 uniform_max_over_mean: 1.01 }
    fullest_shard: 0
    usable_share: 0.75
    unassigned_keys: 1
  }
  what_if_shards {
    shards {
      primary { host: "127.0.0.1" port: 7000 }
      slot_count: 16384
      keys: 3000
      weight: 3000
    }
    skew { max_over_mean: 1 uniform_max_over_mean: 1 }
  }
  what_if_moves { slots: 8192 keys: 1000 weight: 1000 }
)pb";

TEST(FormatKeyAnalysisTest, HasAllSections) {
  EXPECT_EQ(
      FormatKeyAnalysis(Parsed<v1::AnalyzeKeysResponse>(kKeys),
                        {.columns = 60, .has_blocks = false}),
      "keys: 3,000, 1,000 of them with a hash tag\n"
      "slots: the fullest has 2.00 times the mean; chance alone would give "
      "2.00: even\n"
      "shards: the fullest has 1.30 times its share; chance alone would give "
      "1.01: even\n"
      "\n"
      "shards\n"
      "  PRIMARY        SLOTS   KEYS  SHARE\n"
      "  10.0.0.1:7000  8,192  2,000  66.7%  ######################\n"
      "  10.0.0.2:7000  8,191    999  33.3%  ###########\n"
      "  Of equal nodes 10.0.0.1:7000 is full first: then 75.0% of the room of "
      "all is used.\n"
      "  1 key more would be in slots that have no owner.\n"
      "\n"
      "what if: 1 shard\n"
      "  8,192 slots with 1,000 keys (33.3% of the keys) would move.\n"
      "  shards: the fullest has 1.00 times its share; chance alone would give "
      "1.00: even\n"
      "  PRIMARY          SLOTS   KEYS   SHARE\n"
      "  127.0.0.1:7000  16,384  3,000  100.0%  ###################\n"
      "\n"
      "fullest slots\n"
      "   SLOT   KEYS  SHARE\n"
      "      5  1,000  33.3%  #####################################\n"
      "  16383      1   0.0%  #\n"
      "\n"
      "heaviest hash tags\n"
      "  SLOT  TAG       KEYS  SHARE\n"
      "     5  \"a\\x01\"  1,000  33.3%  #############################\n"
      "  There are many hash tags: each may have up to 3 more than was counted "
      "for it.\n");
}

TEST(FormatKeyAnalysisTest, FitsItsWidth) {
  for (const int columns : {60, 80, 200}) {
    v1::AnalyzeKeysResponse keys = Parsed<v1::AnalyzeKeysResponse>(kKeys);
    keys.clear_slot_skew();
    keys.mutable_shards()->clear_skew();
    const std::string text =
        FormatKeyAnalysis(keys, {.columns = columns, .has_blocks = false});
    size_t widest = 0;
    for (size_t at = 0; at < text.size();) {
      const size_t end = text.find('\n', at);
      const std::string line = text.substr(at, end - at);
      if (line.find('#') != std::string::npos) {
        widest = std::max(widest, line.size());
      }
      at = end + 1;
    }
    EXPECT_EQ(widest, static_cast<size_t>(columns));
  }
}

TEST(FormatKeyAnalysisTest, HiddenTagsAreTheirSlots) {
  const std::string text = FormatKeyAnalysis(
      Parsed<v1::AnalyzeKeysResponse>(
          "key_count: 9 heaviest_tags { slot: 7 keys: 9 weight: 9 }"),
      {});
  EXPECT_THAT(text, AllOf(HasSubstr("hash tags, which --show_keys shows\n"),
                          Not(HasSubstr("TAG"))));
}

TEST(FormatKeyAnalysisTest, SharesAreOfTheWeight) {
  const std::string text = FormatKeyAnalysis(
      Parsed<v1::AnalyzeKeysResponse>(
          "key_count: 10 weight: 1000 slot_weight_skew { max_over_mean: 3 } "
          "fullest_slots { slot: 7 keys: 1 weight: 900 }"),
      {.columns = 50, .has_blocks = true});
  EXPECT_THAT(text, HasSubstr("weight: 1,000\n"));
  EXPECT_THAT(text, HasSubstr("  SLOT  KEYS  WEIGHT  SHARE\n"
                              "     7     1     900  90.0%  █████"));
}

TEST(FormatKeyAnalysisTest, NothingIsAnAnswerToo) {
  EXPECT_EQ(FormatKeyAnalysis({}, {}),
            "keys: 0, 0 of them with a hash tag\nslots: empty\n");
}

TEST(FormatWorkloadAnalysisTest, ShowsCommandsAndUses) {
  const auto response = Parsed<v1::AnalyzeWorkloadResponse>(R"pb(
    commands {
      name: "MGET"
      calls: 1000
      single_slot: 600
      split: 400
      parts: 2200
      nodes: 1500
      what_if_nodes: 2000
    }
    commands { calls: 10 refused: 10 }
    total {
      calls: 1010
      single_slot: 600
      split: 400
      refused: 10
      parts: 2200
      nodes: 1500
      what_if_nodes: 2000
    }
    cross_slot_uses {
      command: "MGET"
      key_templates: "user:<n>:a"
      key_templates: "user:<n>:b"
      calls: 400
      keys: "user:1:a"
      keys: "user:1:b"
      suggestions {
        tag: "user:1"
        slot: 10778
        renamings { key: 1 new_key: "{user:1}:b" }
        warnings: TAG_WARNING_TOO_BROAD
      }
    }
    use_error: 1
  )pb");
  EXPECT_THAT(
      FormatWorkloadAnalysis(response, {}),
      HasSubstr(
          "commands\n"
          "  COMMAND    CALLS  SINGLE_SLOT  SPLIT  REFUSED  PARTS/CALL  "
          "NODES/CALL  NODES WHAT IF\n"
          "  MGET       1,000          600    400        0        2.20  "
          "      1.50           2.00\n"
          "  (unknown)     10            0      0       10        0.00  "
          "      0.00           0.00\n"
          "  (all)      1,010          600    400       10        2.18  "
          "      1.49           1.98\n"
          "\n"
          "keys that are used together across slots\n"
          "  400 calls of MGET \"user:<n>:a\" \"user:<n>:b\"\n"
          "      a hash tag could join them: \"user:1\", TOO_BROAD\n"
          "        \"user:1:b\" -> \"{user:1}:b\"\n"
          "  There are many: each may have up to 1 call more than was counted "
          "for it.\n"));
}

}  // namespace
}  // namespace slotplanner::cli
