// SPDX-License-Identifier: Apache-2.0
#include "client/cli/html_report.h"

#include <cstddef>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slotplanner::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What is between the first `start` and the `end` behind it.
std::string Between(std::string_view page, std::string_view start,
                    std::string_view end) {
  const size_t first = page.find(start);
  if (first == std::string_view::npos) return "";
  const size_t from = first + start.size();
  return std::string(page.substr(from, page.find(end, from) - from));
}

size_t CountOf(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

std::string AnalysisIn(std::string_view page) {
  return Between(page, "<script type=\"application/json\" id=\"analysis\">",
                 "</script>");
}

TEST(HtmlReportTest, HoldsTheAnalysis) {
  EXPECT_EQ(AnalysisIn(HtmlReport("", R"({"keys":{"keyCount":"12"}})")),
            R"({"keys":{"keyCount":"12"}})");
}

TEST(HtmlReportTest, LetsNoTextOfTheAnalysisEndItsElement) {
  const std::string page =
      HtmlReport("", R"({"input":{"file":"</script><img onerror>&<!--"}})");
  EXPECT_EQ(AnalysisIn(page),
            "{\"input\":{\"file\":\"\\u003c/script\\u003e\\u003cimg "
            "onerror\\u003e\\u0026\\u003c!--\"}}");
  EXPECT_THAT(page, Not(HasSubstr("<img")));
}

TEST(HtmlReportTest, EscapesLineSeparators) {
  EXPECT_EQ(AnalysisIn(HtmlReport("",
                                  "\"a\xe2\x80\xa8"
                                  "b\xe2\x80\xa9"
                                  "c\xe2\x82\xac\"")),
            "\"a\\u2028b\\u2029c\xe2\x82\xac\"");
}

TEST(HtmlReportTest, EscapesTheTitle) {
  const std::string page = HtmlReport("<b>\"Tom\" & 'Ann'</b>", "{}");
  constexpr std::string_view kEscaped =
      "&lt;b&gt;&quot;Tom&quot; &amp; &#39;Ann&#39;&lt;/b&gt;";
  EXPECT_EQ(Between(page, "<title>", "</title>"), kEscaped);
  EXPECT_EQ(Between(page, "<h1>", "</h1>"), kEscaped);
}

TEST(HtmlReportTest, TakesNothingForAPlaceholderButItsOwn) {
  const std::string page =
      HtmlReport("{{analysis}}", R"({"input":{"a":"{{script}}{{title}}"}})");
  EXPECT_EQ(Between(page, "<title>", "</title>"), "{{analysis}}");
  EXPECT_EQ(AnalysisIn(page), R"({"input":{"a":"{{script}}{{title}}"}})");
}

TEST(HtmlReportTest, FillsEveryPlaceholder) {
  EXPECT_THAT(HtmlReport("title", "{}"), Not(HasSubstr("{{")));
}

// One element each, which nothing within ends too early.
TEST(HtmlReportTest, HasOneStyleAndOneScript) {
  const std::string page = HtmlReport("title", "{}");
  EXPECT_EQ(CountOf(page, "<style"), 1u);
  EXPECT_EQ(CountOf(page, "</style"), 1u);
  EXPECT_EQ(CountOf(page, "<script"), 2u);
  EXPECT_EQ(CountOf(page, "</script"), 2u);
}

TEST(HtmlReportTest, AllowsNothingButThem) {
  EXPECT_THAT(Between(HtmlReport("", "{}"),
                      "Content-Security-Policy\" content=\"", "\""),
              ::testing::MatchesRegex("default-src 'none'; "
                                      "script-src 'sha256-[A-Za-z0-9+/=]*'; "
                                      "style-src 'sha256-[A-Za-z0-9+/=]*'; "
                                      "base-uri 'none'; form-action 'none'"));
}

TEST(HtmlReportTest, NamesNoOtherFile) {
  const std::string page = HtmlReport("title", "{}");
  for (const std::string_view name : {" src=", " href=", "url(", "@import"}) {
    EXPECT_EQ(CountOf(page, name), 0u) << name;
  }
}

}  // namespace
}  // namespace slotplanner::cli
