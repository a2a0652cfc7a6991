// SPDX-License-Identifier: Apache-2.0
#include "bench/load/server_process.h"

#include <cstddef>
#include <cstring>
#include <ctime>
#include <fstream>
#include <string_view>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "bench/load/fail.h"

namespace slotplanner {
namespace {

// What the new process does; only calls that are safe between fork and exec.
[[noreturn]] void RunCommand(char* const* argv, const cpu_set_t* cpus,
                             int log) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (cpus != nullptr) sched_setaffinity(0, sizeof(*cpus), cpus);
  dup2(log, STDERR_FILENO);
  execv(argv[0], argv);
  _exit(127);
}

// The next line of `fd`, without its end; empty when there is none.
std::string ReadLine(int fd) {
  std::string line;
  for (char byte = 0; read(fd, &byte, 1) == 1 && byte != '\n';) line += byte;
  return line;
}

// The value of "address" in a line of a log, empty when it is about something
// else than a listener of gRPC.
std::string AddressIn(std::string_view line) {
  constexpr std::string_view kBefore = "\"address\":\"";
  if (line.find("\"protocol\":\"grpc\"") == line.npos) return {};
  const size_t begin = line.find(kBefore);
  if (begin == line.npos) return {};
  line.remove_prefix(begin + kBefore.size());
  return std::string(line.substr(0, line.find('"')));
}

}  // namespace

absl::Duration CpuTimeOf(pid_t process) {
  clockid_t clock;
  timespec time;
  if (clock_getcpuclockid(process, &clock) != 0 ||
      clock_gettime(clock, &time) != 0) {
    Fail("process ", process, " is gone");
  }
  return absl::DurationFromTimespec(time);
}

ServerProcess::ServerProcess(const std::vector<std::string>& command,
                             int listener_count, const std::vector<int>& cpus) {
  std::vector<char*> argv;
  for (const std::string& word : command) {
    argv.push_back(const_cast<char*>(word.c_str()));
  }
  argv.push_back(nullptr);
  cpu_set_t cpu_set;
  CPU_ZERO(&cpu_set);
  for (const int cpu : cpus) CPU_SET(static_cast<size_t>(cpu), &cpu_set);

  int log[2];
  if (pipe2(log, O_CLOEXEC) != 0) Fail("no pipe: ", std::strerror(errno));
  pid_ = fork();
  if (pid_ < 0) Fail("no process: ", std::strerror(errno));
  if (pid_ == 0) {
    RunCommand(argv.data(), cpus.empty() ? nullptr : &cpu_set, log[1]);
  }
  close(log[1]);
  log_ = log[0];

  std::string said;
  while (addresses_.size() < static_cast<size_t>(listener_count)) {
    const std::string line = ReadLine(log_);
    if (line.empty()) {
      Fail(absl::StrJoin(command, " "), " did not start:", said);
    }
    absl::StrAppend(&said, "\n  ", line);
    const std::string address = AddressIn(line);
    if (!address.empty()) addresses_.push_back(address);
  }
}

ServerProcess::~ServerProcess() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  close(log_);
}

int64_t ServerProcess::StatusBytes(const char* field) const {
  std::ifstream status(absl::StrCat("/proc/", pid_, "/status"));
  for (std::string word; status >> word;) {
    int64_t kib = 0;
    if (word == field && status >> kib) return kib * 1024;
  }
  Fail("process ", pid_, " tells no ", field);
}

}  // namespace slotplanner
