// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/options.h"
#include "service/base/file_state.h"

namespace slotplanner {

// Reads the settings again when their files change. Settings with an error are
// logged, counted and dropped. Not thread-safe.
class ConfigReloader {
 public:
  // The settings as they are now: INVALID_ARGUMENT when they are wrong.
  using Read = std::function<absl::StatusOr<ServerOptions>()>;

  // The state of each file on which settings depend, by its path.
  using FileStates = std::map<std::string, FileState>;

  // Those of `options`, as they are now.
  static FileStates StatesOf(const ServerOptions& options);

  // `files`: those of the settings in use, taken when these were read: what has
  // changed since is found at the first look. `metrics` lives longer.
  ConfigReloader(FileStates files, Read read, absl::Time now,
                 prometheus::Registry& metrics);

  // The settings to take over: if the configuration file or a token file has
  // changed since the last look, or `is_asked` for, and if they are right.
  // Costs one stat(2) for each file otherwise. To be called about once a
  // second. Settings that were refused are tried again every 10 s, since what
  // they lack may come from a file that only they name.
  std::optional<ServerOptions> Check(bool is_asked, absl::Time now);

 private:
  const Read read_;
  FileStates files_;
  // Why the files are refused; empty when they are not.
  std::string refusal_;
  absl::Time next_try_ = absl::InfiniteFuture();
  prometheus::Counter& applied_;
  prometheus::Counter& refused_;
  prometheus::Gauge& last_success_;
  prometheus::Gauge& is_current_;
};

}  // namespace slotplanner
