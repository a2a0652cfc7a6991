// SPDX-License-Identifier: Apache-2.0
#include "client/cli/text_table.h"

#include <gtest/gtest.h>

namespace slotplanner::cli {
namespace {

TEST(FormatBarTest, IsAsLongAsItsFraction) {
  EXPECT_EQ(FormatBar(0, 10, false), "");
  EXPECT_EQ(FormatBar(0.5, 10, false), "#####");
  EXPECT_EQ(FormatBar(1, 10, false), "##########");
  EXPECT_EQ(FormatBar(1, 3, true), "███");
  EXPECT_EQ(FormatBar(0.5, 3, true), "█▌");
}

TEST(FormatBarTest, WhatIsThereShows) {
  EXPECT_EQ(FormatBar(1e-9, 10, false), "#");
  EXPECT_EQ(FormatBar(1e-9, 10, true), "▏");
}

TEST(TextTableTest, AlignsColumns) {
  TextTable table;
  table.AddColumn("NAME", TextTable::Align::kLeft);
  table.AddColumn("N");
  table.AddColumn("BAR", TextTable::Align::kLeft);
  table.AddRow({"a", "1,000", "██"});
  table.AddRow({"longer", "1", ""});
  EXPECT_EQ(table.Format(),
            "  NAME        N  BAR\n"
            "  a       1,000  ██\n"
            "  longer      1\n");
  EXPECT_EQ(table.WidthBeforeLast(), 17);
}

}  // namespace
}  // namespace slotplanner::cli
