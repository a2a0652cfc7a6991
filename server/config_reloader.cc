// SPDX-License-Identifier: Apache-2.0
#include "server/config_reloader.h"

#include <utility>

#include "server/log.h"

namespace slotplanner {
namespace {

// How soon settings that were refused are read again though no file that is
// known has changed.
constexpr absl::Duration kRetryInterval = absl::Seconds(10);

prometheus::Counter& ReloadCounter(prometheus::Registry& registry,
                                   const std::string& result) {
  return prometheus::BuildCounter()
      .Name("slotplanner_config_reloads_total")
      .Help("Times that changed settings were read, by result.")
      .Register(registry)
      .Add({{"result", result}});
}

prometheus::Gauge& PlainGauge(prometheus::Registry& registry,
                              const std::string& name,
                              const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(
      {});
}

}  // namespace

ConfigReloader::ConfigReloader(FileStates files, Read read, absl::Time now,
                               prometheus::Registry& metrics)
    : read_(std::move(read)),
      files_(std::move(files)),
      applied_(ReloadCounter(metrics, "applied")),
      refused_(ReloadCounter(metrics, "refused")),
      last_success_(PlainGauge(
          metrics, "slotplanner_config_last_reload_success_timestamp_seconds",
          "When settings were last read and taken over, in Unix time.")),
      is_current_(PlainGauge(
          metrics, "slotplanner_config_current",
          "1 if the settings in use are those of the files, 0 if those are "
          "refused.")) {
  last_success_.Set(absl::ToDoubleSeconds(now - absl::UnixEpoch()));
  is_current_.Set(1);
}

std::optional<ServerOptions> ConfigReloader::Check(bool is_asked,
                                                   absl::Time now) {
  // Before they are read: what changes in between is found the next time.
  FileStates states;
  for (const auto& [path, state] : files_) states[path] = StateOfFile(path);
  if (states == files_ && !is_asked && now < next_try_) return std::nullopt;
  files_ = std::move(states);

  absl::StatusOr<ServerOptions> options = read_();
  if (!options.ok()) {
    next_try_ = now + kRetryInterval;
    if (refusal_ == options.status().message() && !is_asked) {
      return std::nullopt;  // As before.
    }
    refusal_ = std::string(options.status().message());
    Log(LogLevel::kError, "config_refused", {{"message", refusal_}});
    refused_.Increment();
    is_current_.Set(0);
    return std::nullopt;
  }
  next_try_ = absl::InfiniteFuture();
  refusal_.clear();
  // Token files that were named before keep the state that was looked at.
  FileStates named = StatesOf(*options);
  for (auto& [path, state] : named) {
    if (const auto known = files_.find(path); known != files_.end()) {
      state = known->second;
    }
  }
  files_ = std::move(named);
  applied_.Increment();
  last_success_.Set(absl::ToDoubleSeconds(now - absl::UnixEpoch()));
  is_current_.Set(1);
  return *std::move(options);
}

ConfigReloader::FileStates ConfigReloader::StatesOf(
    const ServerOptions& options) {
  FileStates states;
  if (!options.config_file.empty()) {
    states[options.config_file] = StateOfFile(options.config_file);
  }
  for (const std::string& file : options.token_files) {
    states[file] = StateOfFile(file);
  }
  return states;
}

}  // namespace slotplanner
