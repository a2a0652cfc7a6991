// SPDX-License-Identifier: Apache-2.0
#include "service/access/token_file.h"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "service/access/bearer_token.h"

namespace slotplanner {
namespace {

constexpr size_t kMaxFileBytes = 64 << 10;
constexpr size_t kMaxTokens = 100;

absl::Status FileError(const std::string& path, const std::string& problem) {
  return absl::InvalidArgumentError(
      absl::StrCat("The token file ", path, " ", problem));
}

// Memory of a fixed size that is wiped at the end.
class SecretBytes {
 public:
  explicit SecretBytes(size_t size) : bytes_(size) {}
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

  char* data() { return bytes_.data(); }
  size_t size() const { return bytes_.size(); }

 private:
  std::vector<char> bytes_;
};

// A file descriptor, or -1, that is closed at the end.
class File {
 public:
  // Does not wait for a writer, which opening a pipe otherwise does.
  explicit File(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }

  int fd() const { return fd_; }

 private:
  const int fd_;
};

// Reads into `bytes` until it is full or the file ends: how many bytes, or -1
// with errno.
ssize_t ReadAll(int fd, SecretBytes& bytes) {
  size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t count = ::read(fd, bytes.data() + size, bytes.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    if (count == 0) break;
    size += static_cast<size_t>(count);
  }
  return static_cast<ssize_t>(size);
}

// Takes the next line off `text`, without what does not count at its end.
std::string_view TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  line = line.substr(0, line.find_last_not_of(" \t\r\v\f") + 1);
  return line;
}

absl::StatusOr<std::vector<TokenDigest>> ParseTokens(const std::string& path,
                                                     std::string_view text) {
  std::vector<TokenDigest> tokens;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = TakeLine(text);
    if (line.empty() || line.front() == '#') continue;
    if (!IsToken(line)) {
      return FileError(
          path, absl::StrCat("has no token in line ", number, ": write ",
                             kMinTokenBytes, " to ", kMaxTokenBytes,
                             " printable ASCII characters without spaces."));
    }
    if (tokens.size() == kMaxTokens) {
      return FileError(path, absl::StrCat("has more than ", kMaxTokens,
                                          " tokens; take old ones out."));
    }
    tokens.push_back(DigestOf(line));
  }
  if (tokens.empty()) return FileError(path, "has no token; write one a line.");
  return tokens;
}

}  // namespace

absl::StatusOr<std::vector<TokenDigest>> ReadTokenFile(
    const std::string& path) {
  const File file(path);
  struct stat info = {};
  if (file.fd() < 0 || ::fstat(file.fd(), &info) != 0) {
    return FileError(path,
                     absl::StrCat("cannot be opened: ",
                                  std::generic_category().message(errno), "."));
  }
  if (!S_ISREG(info.st_mode)) return FileError(path, "is no regular file.");
  SecretBytes bytes(kMaxFileBytes + 1);
  const ssize_t size = ReadAll(file.fd(), bytes);
  if (size < 0) {
    return FileError(path,
                     absl::StrCat("cannot be read: ",
                                  std::generic_category().message(errno), "."));
  }
  if (static_cast<size_t>(size) > kMaxFileBytes) {
    return FileError(path, absl::StrCat("has more than ", kMaxFileBytes,
                                        " bytes; take old tokens out."));
  }
  return ParseTokens(path,
                     std::string_view(bytes.data(), static_cast<size_t>(size)));
}

}  // namespace slotplanner
