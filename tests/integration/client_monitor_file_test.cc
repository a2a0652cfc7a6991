// SPDX-License-Identifier: Apache-2.0
// ReadSentCommand and ClientTransactions on what redis-cli prints while a real
// server is monitored.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/client_transactions.h"
#include "client/cli/monitor_file.h"
#include "service/resp/resp_connection.h"

namespace slotplanner::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

// A port that was free just now.
int FreePort() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any_address = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(bind(listener, any_address, size), 0);
  EXPECT_EQ(getsockname(listener, any_address, &size), 0);
  close(listener);
  return ntohs(address.sin_port);
}

// The lines that a program prints.
class Program {
 public:
  explicit Program(const std::string& command)
      : pipe_(popen(command.c_str(), "r")) {}
  ~Program() { pclose(pipe_); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // The next line without its end; nothing behind the last.
  std::optional<std::string> NextLine() {
    std::string line;
    int c = 0;
    while ((c = fgetc(pipe_)) != EOF && c != '\n') {
      line += static_cast<char>(c);
    }
    if (c == EOF && line.empty()) return std::nullopt;
    return line;
  }

  // Whether it has printed a line with `text`; waits for it, or for the end.
  bool HasPrinted(std::string_view text) {
    while (const auto line = NextLine()) {
      if (line->find(text) != std::string::npos) return true;
    }
    return false;
  }

 private:
  FILE* const pipe_;
};

// A client of the server.
class Client {
 public:
  explicit Client(int port)
      : connection_(std::move(
            RespConnection::Connect({.host = "127.0.0.1", .port = port},
                                    absl::InfiniteFuture())
                .value())) {}

  RespValue Call(const std::vector<std::string>& words) {
    const std::vector<std::string_view> args(words.begin(), words.end());
    return connection_->Call(args, absl::InfiniteFuture()).value();
  }

 private:
  std::unique_ptr<RespConnection> connection_;
};

// A server that is monitored from its start to its end.
class MonitoredServer {
 public:
  MonitoredServer() {
    std::filesystem::create_directory(directory_);
    // Another process may have taken the port by now: then this one ends.
    do {
      port_ = FreePort();
      server_ = std::make_unique<Program>(
          absl::StrCat("redis-server --bind 127.0.0.1 --save '' --port ", port_,
                       " --dir ", directory_, " --unixsocket ", socket_path()));
    } while (!server_->HasPrinted("Ready to accept connections"));
    monitor_ = std::make_unique<Program>(
        absl::StrCat("redis-cli -p ", port_, " MONITOR 2>/dev/null"));
    lines_.push_back(monitor_->NextLine().value_or(""));
  }

  ~MonitoredServer() {
    Program end(
        absl::StrCat("redis-cli -p ", port_, " SHUTDOWN NOSAVE 2>/dev/null"));
    server_->HasPrinted("bye");
    std::filesystem::remove_all(directory_);
  }

  int port() const { return port_; }
  std::string socket_path() const { return directory_ + "/socket"; }

  // All that was shown up to now.
  const std::vector<std::string>& Lines() {
    Client(port_).Call({"ECHO", "that is all"});
    while (const auto line = monitor_->NextLine()) {
      if (absl::StrContains(*line, "that is all")) break;
      lines_.push_back(*line);
    }
    return lines_;
  }

  // The commands among it.
  std::vector<SentCommand> Commands() {
    std::vector<SentCommand> commands;
    for (const std::string& line : Lines()) {
      const auto command = ReadSentCommand(line);
      EXPECT_TRUE(command.ok()) << command.status() << " in " << line;
      if (command.ok() && *command) commands.push_back(**command);
    }
    return commands;
  }

 private:
  const std::string directory_ =
      absl::StrCat(::testing::TempDir(), "/client_monitor_file.", getpid());
  int port_ = 0;
  std::unique_ptr<Program> server_;
  std::unique_ptr<Program> monitor_;
  std::vector<std::string> lines_;
};

std::string Text(const std::vector<std::string>& args) {
  return absl::StrJoin(args, " ");
}

TEST(MonitorFileTest, ReadsEveryByteThatWasSent) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) {
    every_byte += static_cast<char>(byte);
  }
  MonitoredServer server;
  Client client(server.port());
  const std::vector<std::vector<std::string>> sent = {
      {"SET", every_byte, "in \"ter\r\nrupt\\x41 'd'"},
      {"set", "", ""},
      {"GET", "] \"x\""},
      {"INCRBY", "n", "12"}};
  for (const auto& args : sent) client.Call(args);
  const std::vector<SentCommand> commands = server.Commands();
  ASSERT_EQ(commands.size(), sent.size());
  for (size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(commands[i].args, sent[i]);
    EXPECT_THAT(commands[i].client, StartsWith("127.0.0.1:"));
  }
  EXPECT_EQ(server.Lines().front(), "OK");
}

TEST(MonitorFileTest, KnowsScriptsAndSocketsOfFiles) {
  MonitoredServer server;
  Client client(server.port());
  client.Call({"EVAL", "return redis.call('SET', KEYS[1], 1)", "1", "k"});
  Program(absl::StrCat("redis-cli -s ", server.socket_path(), " GET k"))
      .HasPrinted("1");
  const std::vector<SentCommand> commands = server.Commands();
  ASSERT_EQ(commands.size(), 3u);
  EXPECT_EQ(commands[0].args[0], "EVAL");
  EXPECT_FALSE(commands[0].is_of_script);
  EXPECT_THAT(commands[1].args, ElementsAre("SET", "k", "1"));
  EXPECT_TRUE(commands[1].is_of_script);
  EXPECT_THAT(commands[2].args, ElementsAre("GET", "k"));
  EXPECT_EQ(commands[2].client, "unix:" + server.socket_path());
}

// The order that `ReadSentCommand` tells of.
TEST(MonitorFileTest, FindsTransactionsInTheOrderOfMonitor) {
  MonitoredServer server;
  Client a(server.port());
  Client b(server.port());
  a.Call({"MULTI"});
  b.Call({"SET", "between", "1"});
  a.Call({"SET", "{k}1", "1"});
  b.Call({"MULTI"});
  a.Call({"EVAL", "return redis.call('INCR', KEYS[1])", "1", "{k}2"});
  b.Call({"GET", "never"});
  a.Call({"EXEC"});
  b.Call({"DISCARD"});
  a.Call({"MULTI"});
  EXPECT_TRUE(a.Call({"SET", "arity"}).is_error());
  EXPECT_TRUE(a.Call({"EXEC"}).is_error());

  std::vector<std::string> shown;
  std::vector<std::string> together;
  ClientTransactions transactions;
  for (const SentCommand& command : server.Commands()) {
    shown.push_back(command.args[0]);
    std::vector<std::string> texts;
    for (const auto& args : transactions.Take(command)) {
      texts.push_back(args[0]);
    }
    if (!texts.empty()) together.push_back(Text(texts));
  }
  EXPECT_THAT(shown, ElementsAre("MULTI", "SET", "MULTI", "SET", "EVAL", "INCR",
                                 "EXEC", "DISCARD", "MULTI", "EXEC"));
  EXPECT_THAT(together, ElementsAre("SET", "INCR", "MULTI SET EVAL EXEC",
                                    "MULTI DISCARD", "MULTI EXEC"));
}

}  // namespace
}  // namespace slotplanner::cli
