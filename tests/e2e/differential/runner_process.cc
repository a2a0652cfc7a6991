// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/differential/runner_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {  // As older versions of this header do not say themselves.
#include <sys/pidfd.h>
}

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace slotplanner::differential {
namespace {

void Close(int& descriptor) {
  if (descriptor >= 0) close(std::exchange(descriptor, -1));
}

// Whether `descriptor` is ready for `events` before `deadline`.
bool Poll(int descriptor, short events, absl::Time deadline) {
  pollfd entry = {.fd = descriptor, .events = events, .revents = 0};
  for (;;) {
    const int64_t left_ms =
        std::max<int64_t>(0, absl::ToInt64Milliseconds(deadline - absl::Now()));
    const int ready = poll(&entry, 1, static_cast<int>(left_ms));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

absl::Status Late() {
  return absl::DeadlineExceededError("The runner does not answer in time.");
}

// Starts `sh -c` in a process group of its own, with these as its standard
// input and output. -1 when it cannot be started.
pid_t Spawn(const std::string& command, int input, int output) {
  std::string shell = "sh";
  std::string option = "-c";
  std::string line = absl::StrCat("exec ", command);
  const std::array<char*, 4> arguments = {shell.data(), option.data(),
                                          line.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setpgroup(&attributes, 0);
  sigset_t ignored_here;
  sigemptyset(&ignored_here);
  sigaddset(&ignored_here, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &ignored_here);
  pid_t process = -1;
  const int error = posix_spawnp(&process, shell.c_str(), &actions, &attributes,
                                 arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? process : -1;
}

}  // namespace

absl::StatusOr<RunnerProcess> RunnerProcess::Start(const std::string& command) {
  // A runner that has ended shows in what `write` returns.
  std::signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> input = {-1, -1};
  std::array<int, 2> output = {-1, -1};
  pid_t process = -1;
  if (pipe2(input.data(), O_CLOEXEC) == 0 &&
      pipe2(output.data(), O_CLOEXEC) == 0 &&
      fcntl(input[1], F_SETFL, O_NONBLOCK) == 0) {
    process = Spawn(command, input[0], output[1]);
  }
  Close(input[0]);
  Close(output[1]);
  if (process < 0) {
    Close(input[1]);
    Close(output[0]);
    return absl::InternalError("The runner cannot be started.");
  }
  return RunnerProcess(process, input[1], output[0]);
}

RunnerProcess::RunnerProcess(RunnerProcess&& other) noexcept
    : process_(std::exchange(other.process_, -1)),
      input_(std::exchange(other.input_, -1)),
      output_(std::exchange(other.output_, -1)),
      read_(std::move(other.read_)) {}

RunnerProcess::~RunnerProcess() {
  Close(input_);
  Close(output_);
  if (process_ > 0) {
    kill(-process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
}

absl::StatusOr<std::string> RunnerProcess::Call(const std::string& line,
                                                absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  if (auto status = Write(line + "\n", deadline); !status.ok()) return status;
  size_t searched = 0;
  for (;;) {
    const size_t end = read_.find('\n', searched);
    if (end != std::string::npos) {
      std::string answer = read_.substr(0, end);
      read_.erase(0, end + 1);
      return answer;
    }
    searched = read_.size();
    if (!Poll(output_, POLLIN, deadline)) return Late();
    std::array<char, 65536> bytes;
    const ssize_t count = read(output_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Ended();
    read_.append(bytes.data(), static_cast<size_t>(count));
  }
}

absl::Status RunnerProcess::Finish(absl::Duration timeout) {
  Close(input_);
  const int handle = pidfd_open(process_, 0);
  const bool has_ended =
      handle >= 0 && Poll(handle, POLLIN, absl::Now() + timeout);
  if (handle >= 0) close(handle);
  if (!has_ended) {
    return absl::DeadlineExceededError(
        "The runner does not end when its input does.");
  }
  int status = 0;
  waitpid(std::exchange(process_, -1), &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(
      "The runner ends ",
      WIFEXITED(status) ? absl::StrCat("with code ", WEXITSTATUS(status))
                        : absl::StrCat("by signal ", WTERMSIG(status)),
      "."));
}

absl::Status RunnerProcess::Write(const std::string& text,
                                  absl::Time deadline) {
  size_t written = 0;
  while (written < text.size()) {
    if (!Poll(input_, POLLOUT, deadline)) return Late();
    const ssize_t count =
        write(input_, text.data() + written, text.size() - written);
    if (count < 0 && errno != EINTR && errno != EAGAIN) return Ended();
    if (count > 0) written += static_cast<size_t>(count);
  }
  return absl::OkStatus();
}

// It no longer reads or writes, and is to say why.
absl::Status RunnerProcess::Ended() {
  const absl::Status status = Finish(absl::Seconds(5));
  return absl::InternalError(
      absl::StrCat("The runner ended in the middle: ",
                   status.ok() ? "with code 0" : status.message()));
}

}  // namespace slotplanner::differential
