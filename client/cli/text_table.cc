// SPDX-License-Identifier: Apache-2.0
#include "client/cli/text_table.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace slotplanner::cli {

std::string FormatBar(double fraction, int width, bool has_blocks) {
  // One to eight eighths: U+258F, the thinnest, to U+2588, the full block.
  static constexpr std::string_view kBlocks[] = {"\u258f", "\u258e", "\u258d",
                                                 "\u258c", "\u258b", "\u258a",
                                                 "\u2589", "\u2588"};
  const int steps = has_blocks ? 8 : 1;
  const auto rounded = static_cast<int>(std::lround(fraction * width * steps));
  const int marks = fraction > 0 ? std::max(rounded, 1) : 0;
  std::string bar;
  if (!has_blocks) {
    bar.assign(static_cast<size_t>(marks), '#');
    return bar;
  }
  for (int i = 0; i < marks / steps; ++i) bar += kBlocks[7];
  if (const int rest = marks % steps; rest > 0) bar += kBlocks[rest - 1];
  return bar;
}

void TextTable::AddColumn(std::string_view heading, Align align) {
  columns_.push_back({.align = align, .width = heading.size()});
  rows_[0].emplace_back(heading);
}

void TextTable::AddRow(std::vector<std::string> cells) {
  assert(cells.size() == columns_.size());
  for (size_t i = 0; i < cells.size(); ++i) {
    columns_[i].width = std::max(columns_[i].width, cells[i].size());
  }
  rows_.push_back(std::move(cells));
}

int TextTable::WidthBeforeLast() const {
  size_t width = 2;
  for (size_t i = 0; i + 1 < columns_.size(); ++i) {
    width += columns_[i].width + 2;
  }
  return static_cast<int>(width);
}

std::string TextTable::Format() const {
  std::string text;
  for (const std::vector<std::string>& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const bool is_last = i + 1 == row.size();
      const bool is_right = columns_[i].align == Align::kRight;
      // What is last is not padded, so that its bytes need not be its columns.
      const size_t padding =
          is_last && !is_right ? 0 : columns_[i].width - row[i].size();
      absl::StrAppend(&line, "  ", is_right ? std::string(padding, ' ') : "",
                      row[i], is_right ? "" : std::string(padding, ' '));
    }
    absl::StrAppend(&text, absl::StripTrailingAsciiWhitespace(line), "\n");
  }
  return text;
}

}  // namespace slotplanner::cli
