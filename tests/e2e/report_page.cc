// SPDX-License-Identifier: Apache-2.0
// Reads the JSON of an analysis on standard input, and writes its report to
// standard output. The title is the first argument.
#include <iostream>
#include <iterator>
#include <string>

#include "client/cli/html_report.h"

int main(int argc, char** argv) {
  const std::string json{std::istreambuf_iterator<char>(std::cin), {}};
  std::cout << slotplanner::cli::HtmlReport(argc > 1 ? argv[1] : "", json);
  return std::cout.flush() ? 0 : 1;
}
