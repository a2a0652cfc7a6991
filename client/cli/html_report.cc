// SPDX-License-Identifier: Apache-2.0
#include "client/cli/html_report.h"

#include <array>
#include <cassert>

#include <openssl/evp.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "service/base/strings.h"

namespace slotplanner {

// The files of report/, made into sources at build time.
extern const std::string_view kReportPage;
extern const std::string_view kReportStyle;
extern const std::string_view kReportValues;
extern const std::string_view kReportElements;
extern const std::string_view kReportSlotMap;
extern const std::string_view kReportCharts;
extern const std::string_view kReportSections;
extern const std::string_view kReportVerdict;
extern const std::string_view kReportFill;

namespace cli {
namespace {

// One function, so that the page has no globals.
std::string ReportScript() {
  return absl::StrCat("(() => {\n'use strict';\n", ToAbsl(kReportValues),
                      ToAbsl(kReportElements), ToAbsl(kReportSlotMap),
                      ToAbsl(kReportCharts), ToAbsl(kReportSections),
                      ToAbsl(kReportVerdict), ToAbsl(kReportFill), "})();\n");
}

// How a Content-Security-Policy names the one script or style that it allows.
std::string DigestOf(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  [[maybe_unused]] const int ok = EVP_Digest(
      text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  assert(ok == 1);  // Fails only without memory.
  return absl::StrCat("sha256-",
                      absl::Base64Escape(absl::string_view(
                          reinterpret_cast<const char*>(digest.data()), size)));
}

std::string EscapeHtml(std::string_view text) {
  return absl::StrReplaceAll(ToAbsl(text), {{"&", "&amp;"},
                                            {"<", "&lt;"},
                                            {">", "&gt;"},
                                            {"\"", "&quot;"},
                                            {"'", "&#39;"}});
}

// The same JSON, without what could end a script element or a line of script.
// Such characters are in strings only, where an escape means the same.
std::string EscapeJson(std::string_view json) {
  return absl::StrReplaceAll(ToAbsl(json), {{"<", "\\u003c"},
                                            {">", "\\u003e"},
                                            {"&", "\\u0026"},
                                            {"\xe2\x80\xa8", "\\u2028"},
                                            {"\xe2\x80\xa9", "\\u2029"}});
}

}  // namespace

std::string HtmlReport(std::string_view title, std::string_view analysis_json) {
  const std::string script = ReportScript();
  // All at once: what is put in is not looked at again.
  return absl::StrReplaceAll(ToAbsl(kReportPage),
                             {{"{{title}}", EscapeHtml(title)},
                              {"{{style digest}}", DigestOf(kReportStyle)},
                              {"{{style}}", ToAbsl(kReportStyle)},
                              {"{{script digest}}", DigestOf(script)},
                              {"{{script}}", script},
                              {"{{analysis}}", EscapeJson(analysis_json)}});
}

}  // namespace cli
}  // namespace slotplanner
