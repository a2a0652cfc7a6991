// SPDX-License-Identifier: Apache-2.0
#include "service/resp/tls_errors.h"

#include <openssl/err.h>

#include "absl/strings/str_cat.h"
#include "service/base/strings.h"
#include "service/resp/socket_io.h"

namespace slotplanner {

std::string FirstTlsReason() {
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(error)) return ErrorText(ERR_GET_REASON(error));
  const char* const reason = ERR_reason_error_string(error);
  return reason == nullptr ? "it cannot be read" : reason;
}

absl::Status UnusableTlsFile(std::string_view kind, const std::string& file,
                             std::string_view reason) {
  return absl::InvalidArgumentError(
      absl::StrCat("The TLS ", ToAbsl(kind), " file ", file,
                   " cannot be used: ", ToAbsl(reason), "."));
}

int GiveNoPassphrase(char* /*buffer*/, int /*size*/, int /*is_writing*/,
                     void* /*data*/) {
  return -1;
}

}  // namespace slotplanner
