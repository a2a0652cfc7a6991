// SPDX-License-Identifier: Apache-2.0
// An analysis as a page for a browser.
#pragma once

#include <string>
#include <string_view>

namespace slotplanner::cli {

// An HTML page that shows an analysis: one file that loads nothing, which its
// Content-Security-Policy makes sure of. `title` is UTF-8 text; it may hold
// anything.
//
// `analysis_json` is a JSON object in UTF-8 with
// - `keys`, an AnalyzeKeysResponse in protobuf's JSON, or `workload`, an
//   AnalyzeWorkloadResponse; defaults may be there or not;
// - `input`, what was analyzed, for people: an object of strings, numbers and
//   booleans, in the order in which they are shown. Names are shown as words:
//   `badLines` as "Bad lines";
// - `topology`, if it is known: a Topology in protobuf's JSON. With it the page
//   names the owners of slots.
// The page shows what is in it, bytes of keys too. No string of it, whatever
// its bytes, can become markup or script.
//
// Thread-safe. Linear in the length of its arguments.
std::string HtmlReport(std::string_view title, std::string_view analysis_json);

}  // namespace slotplanner::cli
