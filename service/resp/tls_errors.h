// SPDX-License-Identifier: Apache-2.0
// What goes wrong with TLS files, told without a word of their content.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace slotplanner {

// OpenSSL's reason for what went wrong first on this thread, and forgets it and
// all that followed. Never its additional data, which may quote a file. Call
// `ERR_clear_error` before what may fail.
std::string FirstTlsReason();

// INVALID_ARGUMENT: the file of a `kind`, such as "key", cannot be used.
absl::Status UnusableTlsFile(std::string_view kind, const std::string& file,
                             std::string_view reason);

// For pem_password_cb: without it OpenSSL would ask at the terminal.
int GiveNoPassphrase(char* buffer, int size, int is_writing, void* data);

}  // namespace slotplanner
