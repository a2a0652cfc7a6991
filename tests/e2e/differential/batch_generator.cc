// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/differential/batch_generator.h"

#include <cmath>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "tests/e2e/differential/reply_comparison.h"

namespace slotplanner::differential {
namespace {

// Words that most arguments cannot be, and that harm nobody where they can.
constexpr std::string_view kJunk[] = {"", "x", "-1", "9223372036854775808",
                                      "1e400"};

// The first command of a template as far as its name goes.
Command NameOf(const CommandTemplate& entry) {
  Command name;
  for (const Syntax& piece : entry.commands[0].children) {
    if (piece.kind != Syntax::Kind::kWord) break;
    name.push_back(piece.prefix);
  }
  return name;
}

}  // namespace

BatchGenerator::BatchGenerator(const CommandTable& table,
                               const CommandCatalog& catalog,
                               ArgumentSource& arguments, Random& random)
    : table_(table), catalog_(catalog), arguments_(arguments), random_(random) {
  for (const CommandTemplate& entry : table.templates) {
    const CommandInfo* info = InfoOf(catalog, NameOf(entry));
    // A probe cannot stand between MULTI and EXEC.
    if (entry.commands.size() == 1 && info != nullptr &&
        !info->key_specs.empty() && !NeedsProbe(*info)) {
      for_transactions_.push_back(&entry);
    }
  }
}

std::vector<Command> BatchGenerator::Next(size_t max_size) {
  const size_t size = 1 + random_.Below(max_size);
  std::vector<Command> batch;
  bool watches = false;
  while (batch.size() < size) {
    if (random_.Percent(3)) {
      watches = true;
      AppendTransaction(batch);
    } else {
      AppendSingle(batch);
    }
  }
  // Else the plan of a later batch would be bound to the same connection.
  if (watches) batch.push_back({"UNWATCH"});
  // Rule D3: a transaction that never ends.
  if (random_.Percent(1)) {
    batch.push_back({"MULTI"});
    batch.push_back(DrawForTransaction());
  }
  return batch;
}

const CommandTemplate& BatchGenerator::DrawTemplate() {
  while (deck_.empty()) {
    for (const CommandTemplate& entry : table_.templates) {
      double whole = 0;
      const double rest = std::modf(entry.weight, &whole);
      auto copies = static_cast<size_t>(whole);
      if (static_cast<double>(random_.Below(1000)) < rest * 1000) ++copies;
      deck_.insert(deck_.end(), copies, &entry);
    }
  }
  std::swap(deck_[random_.Below(deck_.size())], deck_.back());
  const CommandTemplate* drawn = deck_.back();
  deck_.pop_back();
  return *drawn;
}

Command BatchGenerator::Expand(const Syntax& syntax) {
  arguments_.BeginCommand();
  Command command;
  AppendSyntax(syntax, command);
  return command;
}

void BatchGenerator::AppendSyntax(const Syntax& syntax, Command& command) {
  std::vector<std::string> drawn;
  switch (syntax.kind) {
    case Syntax::Kind::kWord:
      command.push_back(syntax.prefix);
      break;
    case Syntax::Kind::kArgument:
      drawn = arguments_.Draw(syntax.name, syntax.label);
      drawn.front() = syntax.prefix + drawn.front();
      drawn.back() += syntax.suffix;
      break;
    case Syntax::Kind::kKeyCount:
      drawn = arguments_.DrawCountedKeys(syntax.name);
      break;
    case Syntax::Kind::kSequence:
      for (const Syntax& child : syntax.children) AppendSyntax(child, command);
      break;
    case Syntax::Kind::kOption:
      if (random_.Percent(50)) break;
      [[fallthrough]];
    case Syntax::Kind::kChoice:
      AppendSyntax(random_.OneOf(syntax.children), command);
      break;
    case Syntax::Kind::kRepeat:
      // Often one, sometimes many.
      for (size_t left = 1 + random_.Below(random_.Percent(5) ? 30 : 4);
           left > 0; --left) {
        AppendSyntax(random_.OneOf(syntax.children), command);
      }
      break;
  }
  command.insert(command.end(), std::make_move_iterator(drawn.begin()),
                 std::make_move_iterator(drawn.end()));
}

void BatchGenerator::AppendSingle(std::vector<Command>& batch) {
  const CommandTemplate& entry = DrawTemplate();
  arguments_.BeginItem();
  for (const Syntax& syntax : entry.commands) batch.push_back(Expand(syntax));
  if (entry.commands.size() == 1 && random_.Percent(2)) Spoil(batch.back());
}

void BatchGenerator::AppendTransaction(std::vector<Command>& batch) {
  arguments_.BeginItem();
  const auto watch = [&] {
    arguments_.BeginCommand();
    Command command = {"WATCH"};
    for (size_t left = 1 + random_.Below(2); left > 0; --left) {
      command.push_back(arguments_.Draw("any", "").front());
    }
    batch.push_back(std::move(command));
  };
  if (random_.Percent(40)) watch();
  if (random_.Percent(20)) batch.push_back(DrawForTransaction());
  if (random_.Percent(5)) batch.push_back({"UNWATCH"});
  batch.push_back({"MULTI"});
  for (size_t left = random_.Below(6); left > 0; --left) {
    batch.push_back(DrawForTransaction());
    if (random_.Percent(2)) Spoil(batch.back());
  }
  if (random_.Percent(5)) batch.push_back({"ECHO", "inside"});
  if (random_.Percent(3)) batch.push_back({"DBSIZE"});  // Refuses the unit.
  if (random_.Percent(1)) watch();                      // So does this.
  batch.push_back({random_.Percent(85) ? "EXEC" : "DISCARD"});
}

Command BatchGenerator::DrawForTransaction() {
  return Expand(random_.OneOf(for_transactions_)->commands[0]);
}

// Makes a command wrong that was right, most probably (rules B3, B9). Those
// that the test keeps from being random, or from using a clock, stay whole.
void BatchGenerator::Spoil(Command& command) {
  const CommandInfo* info = InfoOf(catalog_, command);
  if (command.size() == 1 || info == nullptr || info->key_specs.empty() ||
      info->nondeterministic_output) {
    return;
  }
  const size_t position = 1 + random_.Below(command.size());
  if (position == command.size()) {
    command.pop_back();
    return;
  }
  const auto at = command.begin() + static_cast<std::ptrdiff_t>(position);
  switch (random_.Below(3)) {
    case 0:
      command.erase(at);
      break;
    case 1:
      command.insert(at, *at);
      break;
    default:
      *at = random_.OneOf(kJunk);
      break;
  }
}

}  // namespace slotplanner::differential
