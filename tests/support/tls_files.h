// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "service/resp/tls_context.h"

namespace slotplanner {

// Certificates for one test, made anew by tests/support/make_tls_files in a
// directory that is removed with this: an authority, and a server and a client
// that it vouches for. Not thread-safe.
class TestTlsFiles {
 public:
  // `arguments` are those of make_tls_files behind the directory.
  explicit TestTlsFiles(const std::vector<std::string>& arguments = {});
  ~TestTlsFiles();
  TestTlsFiles(const TestTlsFiles&) = delete;
  TestTlsFiles& operator=(const TestTlsFiles&) = delete;

  // Makes all files again, with another authority.
  void Rotate(const std::vector<std::string>& arguments = {});

  // The path of one of them, such as "server.key".
  std::string Path(const std::string& name) const;

  // What a client needs that trusts the authority; it shows a certificate of
  // its own if `with_certificate`.
  TlsFiles ForClient(bool with_certificate = false) const;

 private:
  std::string directory_;
};

}  // namespace slotplanner
