// SPDX-License-Identifier: Apache-2.0
#include "client/cli/client_transactions.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "service/base/strings.h"

namespace slotplanner::cli {
namespace {

bool IsNamed(const ClientTransactions::Arguments& args, std::string_view name) {
  return !args.empty() && absl::EqualsIgnoreCase(args[0], ToAbsl(name));
}

size_t BytesOf(const ClientTransactions::Arguments& args) {
  size_t bytes = 0;
  for (const std::string& arg : args) bytes += arg.size();
  return bytes;
}

}  // namespace

std::vector<ClientTransactions::Arguments> ClientTransactions::Take(
    SentCommand command) {
  std::vector<Arguments> ready;
  const bool begins = IsNamed(command.args, "multi");
  if (command.is_of_script || (!begins && !open_.contains(command.client))) {
    ready.push_back(std::move(command.args));
    return ready;
  }
  if (begins) ready = Close(command.client);
  const bool ends =
      IsNamed(command.args, "exec") || IsNamed(command.args, "discard");
  Append(command.client, std::move(command.args));
  if (ends) return Close(command.client);
  if (command_count_ > kMaxCommands || bytes_ > kMaxBytes) {
    std::vector<Arguments> rest = TakeRest();
    std::move(rest.begin(), rest.end(), std::back_inserter(ready));
  }
  return ready;
}

std::vector<ClientTransactions::Arguments> ClientTransactions::TakeRest() {
  std::vector<std::string> clients;
  clients.reserve(open_.size());
  for (const auto& [client, commands] : open_) clients.push_back(client);
  std::sort(clients.begin(), clients.end());
  std::vector<Arguments> rest;
  for (const std::string& client : clients) {
    std::vector<Arguments> commands = Close(client);
    std::move(commands.begin(), commands.end(), std::back_inserter(rest));
  }
  return rest;
}

std::vector<ClientTransactions::Arguments> ClientTransactions::Close(
    const std::string& client) {
  const auto found = open_.find(client);
  if (found == open_.end()) return {};
  std::vector<Arguments> commands = std::move(found->second);
  open_.erase(found);
  command_count_ -= commands.size();
  for (const Arguments& args : commands) bytes_ -= BytesOf(args);
  return commands;
}

void ClientTransactions::Append(const std::string& client, Arguments args) {
  ++command_count_;
  bytes_ += BytesOf(args);
  open_[client].push_back(std::move(args));
}

}  // namespace slotplanner::cli
