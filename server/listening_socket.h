// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sys/stat.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/listen_address.h"
#include "service/base/file_descriptor.h"

namespace slotplanner {

// The open end of a `ListenAddress`: connections can be accepted from it until
// it is destroyed. Immutable, thread-safe.
class ListeningSocket {
 public:
  // A name is opened at all of its addresses that this machine has, all with
  // one port; `[::]` takes IPv4 too. A Unix-domain socket has the mode 0660; a
  // socket file on which nobody listens any more is taken away first.
  // FAILED_PRECONDITION with the system's reason.
  static absl::StatusOr<std::unique_ptr<ListeningSocket>> Open(
      const ListenAddress& address);

  // Takes the file of a Unix-domain socket away, if it is still its own.
  ~ListeningSocket();
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;

  // Where it listens, with the port that the system chose.
  const ListenAddress& address() const { return address_; }

  // What to accept from: non-blocking, one for each address, at least one.
  const std::vector<FileDescriptor>& descriptors() const {
    return descriptors_;
  }

 private:
  explicit ListeningSocket(const ListenAddress& address) : address_(address) {}
  absl::Status OpenTcp();
  absl::Status OpenUnix();

  ListenAddress address_;
  std::vector<FileDescriptor> descriptors_;
  struct stat socket_file_ = {};  // Of a Unix-domain socket.
};

}  // namespace slotplanner
