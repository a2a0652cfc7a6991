// SPDX-License-Identifier: Apache-2.0
// Tables and bars for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slotplanner::cli {

// What the reader's screen can show.
struct TextStyle {
  int columns = 80;
  bool has_blocks = false;  // Unicode's block elements; else plain ASCII.
};

// A bar of `fraction` of `width` columns: eighths of a block, or whole `#`. At
// least the smallest mark if `fraction` is positive. Requires: `fraction` in
// [0, 1].
std::string FormatBar(double fraction, int width, bool has_blocks);

// Columns of text, two blanks apart. Cells are ASCII, but those of the last
// column may be any text. Not thread-safe.
class TextTable {
 public:
  enum class Align { kLeft, kRight };

  void AddColumn(std::string_view heading, Align align = Align::kRight);

  // Requires: one cell for each column.
  void AddRow(std::vector<std::string> cells);

  // How wide it is without its last column.
  int WidthBeforeLast() const;

  // All lines, each with two blanks before it, and none at its end. O(cells).
  std::string Format() const;

 private:
  struct Column {
    Align align;
    size_t width;
  };

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_ = {{}};  // The heading first.
};

}  // namespace slotplanner::cli
