// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace slotplanner {

// Counts connections that somebody else closes, and does not tell. Two facts
// make that exact: a descriptor that is given out again has been closed, and
// whether a descriptor is still the same socket shows in its inode, whose
// number the system gives to no other socket meanwhile. Not thread-safe, but
// connections may be closed by any thread at any time.
class OpenConnections {
 public:
  // Counts a connection. Requires: it is open until this returns.
  void Add(int descriptor);

  // Takes back `Add` before the connection is closed.
  void Remove(int descriptor);

  // Ends the connection whose peer is `peer`, as gRPC names it; false if there
  // is none. Whoever closes connections sees it end. One getpeername(2) for
  // each connection. Unix-domain sockets have no names to tell them apart.
  bool End(std::string_view peer) const;

  // Counts those no more that have been closed; one fstat(2) for each
  // connection.
  void Sweep();

  // How many are open; those count too that were closed since the last
  // `Sweep`, unless their descriptor has come back by `Add`.
  size_t count() const { return count_; }

 private:
  std::vector<ino_t> inodes_;  // By descriptor; 0 where there is none of ours.
  size_t count_ = 0;           // Of inodes_ that are not 0.
};

}  // namespace slotplanner
