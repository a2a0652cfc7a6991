// SPDX-License-Identifier: Apache-2.0
#include "client/cli/analysis_facts.h"

#include <gtest/gtest.h>

namespace slotplanner::cli {
namespace {

TEST(AnalysisFactsTest, KeepsTheOrder) {
  AnalysisFacts facts;
  EXPECT_EQ(facts.ToJson(), "{}");
  EXPECT_EQ(facts.ToText(), "");
  facts.AddCount("lines", "lines read", 12345);
  facts.AddCount("badLines", "bad lines", 0);
  facts.AddText("partial", "PARTIAL", "it was \"stopped\"");
  EXPECT_EQ(facts.ToJson(),
            R"({"lines":12345,"badLines":0,"partial":"it was \"stopped\""})");
  EXPECT_EQ(facts.ToText(),
            "lines read: 12,345\nPARTIAL: it was \"stopped\"\n");
}

TEST(AnalysisFactsTest, JsonIsUtf8) {
  AnalysisFacts facts;
  facts.AddText("a", "a", "\xff");
  facts.AddCount("b", "b", 1);
  EXPECT_EQ(facts.ToJson(), R"({"b":1})");
}

}  // namespace
}  // namespace slotplanner::cli
