// SPDX-License-Identifier: Apache-2.0
#include "server/listener_tls.h"

#include <array>
#include <cassert>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <prometheus/gauge.h>

#include "server/log.h"
#include "service/base/file_state.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

using FileStates = std::array<FileState, 3>;

FileStates StatesOf(const ListenerTlsFiles& files) {
  return {StateOfFile(files.certificate_file), StateOfFile(files.key_file),
          StateOfFile(files.client_ca_file)};
}

grpc_ssl_client_certificate_request_type RequestTypeOf(
    const ListenerTlsFiles& files) {
  if (files.client_ca_file.empty()) {
    return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
  }
  return files.require_client_certificate
             ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
             : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
}

grpc_ssl_server_certificate_config* MakeConfig(
    const ListenerTlsContents& contents) {
  const grpc_ssl_pem_key_cert_pair pair = {
      .private_key = contents.key_pem.c_str(),
      .cert_chain = contents.certificate_pem.c_str()};
  // gRPC wants authorities also when it asks for no certificate, or a check of
  // its own ends the process. Then they have nothing to verify, and any
  // certificate will do.
  const std::string& authorities = contents.client_ca_pem.empty()
                                       ? contents.certificate_pem
                                       : contents.client_ca_pem;
  return grpc_ssl_server_certificate_config_create(authorities.c_str(), &pair,
                                                   1);
}

prometheus::Gauge& MakeGauge(prometheus::Registry& registry,
                             const std::string& name, const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(
      {});
}

}  // namespace

class ListenerTls::State {
 public:
  State(ListenerTlsFiles files, const FileStates& file_states,
        ListenerTlsContents contents, prometheus::Registry& metrics)
      : files_(std::move(files)),
        expiry_gauge_(MakeGauge(
            metrics, "slotplanner_tls_certificate_expiry_timestamp_seconds",
            "When the certificate of the listeners expires, in Unix "
            "time.")),
        usable_gauge_(
            MakeGauge(metrics, "slotplanner_tls_files_usable",
                      "1 if the TLS files of the listeners are in use as they "
                      "are, 0 if they cannot be used.")),
        file_states_(file_states) {
    Place(std::move(contents));
  }

  absl::Status Reload(absl::Time now) {
    const std::lock_guard lock(reload_mutex_);
    const FileStates file_states = StatesOf(files_);
    if (file_states == file_states_ && status_.ok() &&
        now < Current()->expiry_time) {
      return absl::OkStatus();
    }
    file_states_ = file_states;
    absl::StatusOr<ListenerTlsContents> contents =
        ReadListenerTlsFiles(files_, now);
    const absl::Status before = std::exchange(status_, contents.status());
    if (contents.ok()) {
      Place(*std::move(contents));
      const std::string expiry =
          absl::FormatTime(Current()->expiry_time, absl::UTCTimeZone());
      Log(LogLevel::kInfo, "tls_files_reloaded", {{"expiry_time", expiry}});
    } else if (status_ != before) {
      Log(LogLevel::kError, "tls_files_unusable",
          {{"message", ToStd(status_.message())}});
    }
    usable_gauge_.Set(status_.ok() ? 1 : 0);
    return status_;
  }

  std::shared_ptr<const ListenerTlsContents> Current() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }

  // Opens `address` of `server` with TLS; 0 if it cannot.
  int AddPort(const std::string& address, grpc_server* server) {
    Port* const port = MakePort();
    // One for each port: each asks by itself whether there is something new.
    grpc_server_credentials* const credentials =
        grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                RequestTypeOf(files_), &State::Fetch, port));
    const int number =
        grpc_server_add_http2_port(server, address.c_str(), credentials);
    grpc_server_credentials_release(credentials);
    return number;
  }

 private:
  // What gRPC's certificates of one port come from.
  struct Port {
    State* state;
    // What gRPC has. Guarded by the mutex_ of `state`.
    std::shared_ptr<const ListenerTlsContents> given = nullptr;
  };

  // gRPC calls this at the start of each handshake; `user_data` is the Port.
  static grpc_ssl_certificate_config_reload_status Fetch(
      void* user_data, grpc_ssl_server_certificate_config** config) {
    auto* const port = static_cast<Port*>(user_data);
    const std::lock_guard lock(port->state->mutex_);
    if (port->given == port->state->current_) {
      return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    }
    port->given = port->state->current_;
    *config = MakeConfig(*port->given);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  Port* MakePort() {
    const std::lock_guard lock(mutex_);
    return &ports_.emplace_back(Port{.state = this});
  }

  void Place(ListenerTlsContents contents) {
    expiry_gauge_.Set(
        absl::ToDoubleSeconds(contents.expiry_time - absl::UnixEpoch()));
    usable_gauge_.Set(1);
    const auto placed =
        std::make_shared<const ListenerTlsContents>(std::move(contents));
    const std::lock_guard lock(mutex_);
    current_ = placed;
  }

  const ListenerTlsFiles files_;
  prometheus::Gauge& expiry_gauge_;
  prometheus::Gauge& usable_gauge_;

  // Held while files are read, so that handshakes need not wait for a disk.
  std::mutex reload_mutex_;
  FileStates file_states_;  // Guarded by reload_mutex_.
  absl::Status status_;     // Of the last reading. Guarded by reload_mutex_.

  mutable std::mutex mutex_;
  // Guarded by mutex_. Never null.
  std::shared_ptr<const ListenerTlsContents> current_;
  std::deque<Port> ports_;  // Guarded by mutex_. Ports stay where they are.
};

// What grpc::ServerBuilder takes. gRPC's own SslServerCredentials cannot have
// their certificates fetched.
class ListenerTls::Credentials final : public grpc::ServerCredentials {
 public:
  explicit Credentials(State* state) : state_(state) {}

  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& /*processor*/)
      override {
    assert(false);  // Callers are identified in the handlers.
  }

 private:
  int AddPortToServer(const std::string& address,
                      grpc_server* server) override {
    return state_->AddPort(address, server);
  }

  State* const state_;
};

absl::StatusOr<std::unique_ptr<ListenerTls>> ListenerTls::Load(
    const ListenerTlsFiles& files, absl::Time now,
    prometheus::Registry& metrics) {
  const FileStates file_states = StatesOf(files);
  absl::StatusOr<ListenerTlsContents> contents =
      ReadListenerTlsFiles(files, now);
  if (!contents.ok()) return contents.status();
  return std::unique_ptr<ListenerTls>(new ListenerTls(std::make_unique<State>(
      files, file_states, *std::move(contents), metrics)));
}

ListenerTls::ListenerTls(std::unique_ptr<State> state)
    : state_(std::move(state)) {}

ListenerTls::~ListenerTls() = default;

std::shared_ptr<grpc::ServerCredentials> ListenerTls::MakeCredentials() {
  return std::make_shared<Credentials>(state_.get());
}

absl::Status ListenerTls::Reload(absl::Time now) { return state_->Reload(now); }

absl::Time ListenerTls::expiry_time() const {
  return state_->Current()->expiry_time;
}

}  // namespace slotplanner
