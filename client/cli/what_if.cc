// SPDX-License-Identifier: Apache-2.0
#include "client/cli/what_if.h"

#include <cstddef>
#include <fstream>
#include <ios>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace slotplanner::cli {
namespace {

// What the server takes; see `HypotheticalTopology.cluster_reply`.
constexpr size_t kMaxReplyBytes = size_t{512} << 10;

absl::StatusOr<std::string> ReadReply(std::istream& in,
                                      const std::string& name) {
  std::string reply(kMaxReplyBytes + 1, '\0');
  in.read(reply.data(), static_cast<std::streamsize>(reply.size()));
  if (in.bad()) return absl::InvalidArgumentError("cannot read " + name);
  reply.resize(static_cast<size_t>(in.gcount()));
  if (reply.size() > kMaxReplyBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " has more than ", kMaxReplyBytes, " bytes"));
  }
  return reply;
}

}  // namespace

absl::StatusOr<std::optional<v1::HypotheticalTopology>> ReadWhatIf(
    const Options& options, std::istream& in) {
  const std::string& path = options.what_if_file;
  v1::HypotheticalTopology what_if;
  if (options.what_if_shards != 0) {
    if (!path.empty()) {
      return absl::InvalidArgumentError(
          "--shards and --topology exclude each other");
    }
    what_if.set_even_shards(options.what_if_shards);
    return std::optional(what_if);
  }
  if (path.empty()) return std::optional<v1::HypotheticalTopology>();
  if (path == "-" && options.file == "-") {
    return absl::InvalidArgumentError(
        "only one of --file and --topology can be standard input");
  }
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) return absl::InvalidArgumentError("cannot read " + path);
  }
  auto reply =
      path == "-" ? ReadReply(in, "standard input") : ReadReply(file, path);
  if (!reply.ok()) return reply.status();
  what_if.set_cluster_reply(*std::move(reply));
  return std::optional(what_if);
}

}  // namespace slotplanner::cli
