// SPDX-License-Identifier: Apache-2.0
#include "client/cli/analysis_text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/escapes.h"
#include "client/cli/number_text.h"
#include "client/cli/text_format.h"
#include "service/base/strings.h"

namespace slotplanner::cli {
namespace {

// Below this, a bar says nothing.
constexpr int kMinBarColumns = 8;

// `count` things, as in `1 key` or `2,000 keys`.
std::string Counted(int64_t count, std::string_view thing) {
  return absl::StrCat(FormatCount(count), " ", ToAbsl(thing),
                      count == 1 ? "" : "s");
}

// As in `1,639`, `412`, `40.1` or `1.93`.
std::string FormatTimes(double times) {
  if (times >= 1000) {
    return FormatCount(static_cast<int64_t>(std::min(times, 1e15)));
  }
  const int digits = times >= 100 ? 0 : times >= 10 ? 1 : 2;
  return absl::StrFormat("%.*f", digits, times);
}

// A table whose rows end with the share of a whole, as a number and as a bar.
class ShareTable {
 public:
  ShareTable(const TextStyle& style, bool is_weighted, int64_t whole)
      : style_(style), is_weighted_(is_weighted), whole_(whole) {}

  void AddColumn(std::string_view heading,
                 TextTable::Align align = TextTable::Align::kRight) {
    table_.AddColumn(heading, align);
  }

  // `cells` are those before the keys.
  void AddRow(std::vector<std::string> cells, int64_t keys, int64_t weight) {
    rows_.push_back(
        {.cells = std::move(cells), .keys = keys, .weight = weight});
  }

  std::string Format() {
    table_.AddColumn("KEYS");
    if (is_weighted_) table_.AddColumn("WEIGHT");
    table_.AddColumn("SHARE");
    table_.AddColumn("", TextTable::Align::kLeft);
    int64_t largest = 1;
    for (const Row& row : rows_) largest = std::max(largest, LoadOf(row));
    // The bars get what the rest leaves, so all rows stand before the first.
    TextTable without_bars = table_;
    for (const Row& row : rows_) without_bars.AddRow(CellsOf(row, ""));
    const int width = std::max(kMinBarColumns,
                               style_.columns - without_bars.WidthBeforeLast());
    for (const Row& row : rows_) {
      const double fraction =
          static_cast<double>(LoadOf(row)) / static_cast<double>(largest);
      table_.AddRow(
          CellsOf(row, FormatBar(fraction, width, style_.has_blocks)));
    }
    return table_.Format();
  }

 private:
  struct Row {
    std::vector<std::string> cells;
    int64_t keys;
    int64_t weight;
  };

  int64_t LoadOf(const Row& row) const {
    return is_weighted_ ? row.weight : row.keys;
  }

  std::vector<std::string> CellsOf(const Row& row, std::string bar) const {
    std::vector<std::string> cells = row.cells;
    cells.push_back(FormatCount(row.keys));
    if (is_weighted_) cells.push_back(FormatCount(row.weight));
    cells.push_back(FormatShare(static_cast<double>(LoadOf(row)),
                                static_cast<double>(whole_)));
    cells.push_back(std::move(bar));
    return cells;
  }

  const TextStyle style_;
  const bool is_weighted_;
  const int64_t whole_;
  TextTable table_;
  std::vector<Row> rows_;
};

// What all texts about one analysis of keys need to know.
struct KeyText {
  const v1::AnalyzeKeysResponse& response;
  const TextStyle& style;

  bool is_weighted() const { return response.has_slot_weight_skew(); }

  ShareTable NewTable() const {
    return {style, is_weighted(),
            is_weighted() ? response.weight() : response.key_count()};
  }
};

std::string FormatTotals(const KeyText& text) {
  std::string totals =
      absl::StrCat("keys: ", FormatCount(text.response.key_count()), ", ",
                   FormatCount(text.response.tagged_key_count()),
                   " of them with a hash tag\n");
  if (text.is_weighted()) {
    absl::StrAppend(&totals, "weight: ", FormatCount(text.response.weight()),
                    "\n");
  }
  return totals;
}

std::string FormatSkews(const KeyText& text) {
  const v1::AnalyzeKeysResponse& response = text.response;
  std::string skews = FormatSkew("slots", "the mean", response.slot_skew());
  if (text.is_weighted()) {
    skews +=
        FormatSkew("slots by weight", "the mean", response.slot_weight_skew());
  }
  if (response.has_shards()) {
    skews += FormatSkew("shards", "its share", response.shards().skew());
    if (response.shards().has_weight_skew()) {
      skews += FormatSkew("shards by weight", "its share",
                          response.shards().weight_skew());
    }
  }
  return skews;
}

std::string FormatSpread(const KeyText& text, const v1::ShardSpread& spread) {
  ShareTable table = text.NewTable();
  table.AddColumn("PRIMARY", TextTable::Align::kLeft);
  table.AddColumn("SLOTS");
  for (const v1::ShardLoad& shard : spread.shards()) {
    table.AddRow(
        {FormatEndpoint(shard.primary()), FormatCount(shard.slot_count())},
        shard.keys(), shard.weight());
  }
  std::string result = table.Format();
  const int fullest = spread.fullest_shard();
  if (fullest >= 0 && fullest < spread.shards_size() &&
      spread.shards_size() > 1) {
    absl::StrAppend(&result, "  Of equal nodes ",
                    FormatEndpoint(spread.shards(fullest).primary()),
                    " is full first: then ",
                    FormatShare(spread.usable_share(), 1),
                    " of the room of all is used.\n");
  }
  if (spread.unassigned_keys() > 0) {
    absl::StrAppend(&result, "  ", Counted(spread.unassigned_keys(), "key"),
                    " more would be in slots that have no owner.\n");
  }
  return result;
}

std::string FormatShards(const KeyText& text) {
  const v1::AnalyzeKeysResponse& response = text.response;
  std::string shards;
  if (response.has_shards()) {
    absl::StrAppend(&shards, "\nshards\n",
                    FormatSpread(text, response.shards()));
  }
  if (!response.has_what_if_shards()) return shards;
  absl::StrAppend(&shards, "\nwhat if: ",
                  Counted(response.what_if_shards().shards_size(), "shard"),
                  "\n");
  if (response.has_what_if_moves()) {
    const v1::SlotMoves& moves = response.what_if_moves();
    absl::StrAppend(
        &shards, "  ", Counted(moves.slots(), "slot"), " with ",
        Counted(moves.keys(), "key"), " (",
        text.is_weighted()
            ? FormatShare(static_cast<double>(moves.weight()),
                          static_cast<double>(response.weight()))
            : FormatShare(static_cast<double>(moves.keys()),
                          static_cast<double>(response.key_count())),
        text.is_weighted() ? " of the weight" : " of the keys",
        ") would move.\n");
  }
  absl::StrAppend(
      &shards, "  ",
      FormatSkew("shards", "its share", response.what_if_shards().skew()),
      FormatSpread(text, response.what_if_shards()));
  return shards;
}

std::string FormatSlots(const KeyText& text) {
  if (text.response.fullest_slots().empty()) return "";
  ShareTable table = text.NewTable();
  table.AddColumn("SLOT");
  for (const v1::SlotLoad& slot : text.response.fullest_slots()) {
    table.AddRow({absl::StrCat(slot.slot())}, slot.keys(), slot.weight());
  }
  return "\nfullest slots\n" + table.Format();
}

std::string FormatTags(const KeyText& text) {
  const auto& tags = text.response.heaviest_tags();
  if (tags.empty()) return "";
  const bool is_shown =
      std::any_of(tags.begin(), tags.end(),
                  [](const v1::TagLoad& tag) { return !tag.tag().empty(); });
  ShareTable table = text.NewTable();
  table.AddColumn("SLOT");
  if (is_shown) table.AddColumn("TAG", TextTable::Align::kLeft);
  for (const v1::TagLoad& tag : tags) {
    std::vector<std::string> cells = {absl::StrCat(tag.slot())};
    if (is_shown) cells.push_back(QuoteBytes(tag.tag()));
    table.AddRow(std::move(cells), tag.keys(), tag.weight());
  }
  std::string result = absl::StrCat("\nheaviest hash tags",
                                    is_shown ? "" : ", which --show_keys shows",
                                    "\n", table.Format());
  if (text.response.tag_error() > 0) {
    absl::StrAppend(&result, "  There are many hash tags: each may have up to ",
                    FormatCount(text.response.tag_error()),
                    " more than was counted for it.\n");
  }
  return result;
}

// A number of the loads, with what a column of it is called.
struct LoadColumn {
  std::string_view heading;
  int64_t (v1::CommandLoad::*number)() const;
};

constexpr LoadColumn kLoadColumns[] = {
    {"SINGLE_SLOT", &v1::CommandLoad::single_slot},
    {"ANY_NODE", &v1::CommandLoad::any_node},
    {"FAN_OUT", &v1::CommandLoad::fan_out},
    {"SPLIT", &v1::CommandLoad::split},
    {"EMULATED", &v1::CommandLoad::emulated},
    {"REFUSED", &v1::CommandLoad::refused},
};

std::string PerCall(int64_t number, const v1::CommandLoad& load) {
  if (load.calls() == 0) return "-";
  return absl::StrFormat(
      "%.2f", static_cast<double>(number) / static_cast<double>(load.calls()));
}

void AddLoad(const std::string& name, const v1::CommandLoad& load,
             const v1::CommandLoad& total, TextTable& table) {
  std::vector<std::string> cells = {name, FormatCount(load.calls())};
  for (const LoadColumn& column : kLoadColumns) {
    if ((total.*column.number)() == 0) continue;
    cells.push_back(FormatCount((load.*column.number)()));
  }
  cells.push_back(PerCall(load.parts(), load));
  cells.push_back(PerCall(load.nodes(), load));
  if (total.what_if_nodes() > 0) {
    cells.push_back(PerCall(load.what_if_nodes(), load));
  }
  table.AddRow(std::move(cells));
}

std::string FormatLoads(const v1::AnalyzeWorkloadResponse& response) {
  const v1::CommandLoad& total = response.total();
  TextTable table;
  table.AddColumn("COMMAND", TextTable::Align::kLeft);
  table.AddColumn("CALLS");
  for (const LoadColumn& column : kLoadColumns) {
    if ((total.*column.number)() > 0) table.AddColumn(column.heading);
  }
  table.AddColumn("PARTS/CALL");
  table.AddColumn("NODES/CALL");
  if (total.what_if_nodes() > 0) table.AddColumn("NODES WHAT IF");
  for (const v1::CommandLoad& load : response.commands()) {
    AddLoad(load.name().empty() ? "(unknown)" : load.name(), load, total,
            table);
  }
  if (response.commands_size() != 1) AddLoad("(all)", total, total, table);
  return "commands\n" + table.Format();
}

std::string FormatSuggestion(const v1::CrossSlotUse& use,
                             const v1::HashTagSuggestion& suggestion) {
  std::string text = absl::StrCat(
      "      a hash tag could join them",
      suggestion.tag().empty() ? "" : ": " + QuoteBytes(suggestion.tag()));
  for (const int warning : suggestion.warnings()) {
    absl::StrAppend(
        &text, ", ",
        ShortName(v1::TagWarning_Name(static_cast<v1::TagWarning>(warning)),
                  "TAG_WARNING_"));
  }
  text += '\n';
  for (const v1::KeyRenaming& renaming : suggestion.renamings()) {
    if (renaming.key() >= use.keys_size()) continue;  // Hidden.
    absl::StrAppend(&text, "        ", QuoteBytes(use.keys(renaming.key())),
                    " -> ", QuoteBytes(renaming.new_key()), "\n");
  }
  return text;
}

std::string FormatUses(const v1::AnalyzeWorkloadResponse& response) {
  if (response.cross_slot_uses().empty()) return "";
  std::string text = "\nkeys that are used together across slots";
  const bool is_shown = !response.cross_slot_uses(0).key_templates().empty();
  absl::StrAppend(&text, is_shown ? "" : ", which --show_keys shows", "\n");
  for (const v1::CrossSlotUse& use : response.cross_slot_uses()) {
    absl::StrAppend(&text, "  ", Counted(use.calls(), "call"), " of ",
                    use.command());
    for (const std::string& key_template : use.key_templates()) {
      absl::StrAppend(&text, " ", QuoteBytes(key_template));
    }
    text += '\n';
    for (const v1::HashTagSuggestion& suggestion : use.suggestions()) {
      text += FormatSuggestion(use, suggestion);
    }
  }
  if (response.use_error() > 0) {
    absl::StrAppend(&text, "  There are many: each may have up to ",
                    Counted(response.use_error(), "call"),
                    " more than was counted for it.\n");
  }
  return text;
}

}  // namespace

std::string FormatSkew(const std::string& what, const std::string& measure,
                       const v1::Skew& skew) {
  if (skew.max_over_mean() == 0) return what + ": empty\n";
  std::string text = absl::StrCat(
      what, ": the fullest has ", FormatTimes(skew.max_over_mean()), " times ",
      measure, "; chance alone would give ",
      FormatTimes(skew.uniform_max_over_mean()), ": ");
  if (!skew.is_skewed()) return text + "even\n";
  if (skew.max_over_mean() <= skew.uniform_max_over_mean()) {
    return absl::StrFormat(
        "%seven at the top, but not as a whole: they deviate by %.2f of the "
        "mean, by chance alone by %.2f\n",
        text, skew.coefficient_of_variation(),
        skew.uniform_coefficient_of_variation());
  }
  return absl::StrCat(
      text, "uneven, ",
      FormatCount(static_cast<int64_t>(std::min(skew.deviations(), 1e15))),
      " standard deviations from chance\n");
}

std::string FormatKeyAnalysis(const v1::AnalyzeKeysResponse& response,
                              const TextStyle& style) {
  const KeyText text{.response = response, .style = style};
  return absl::StrCat(FormatTotals(text), FormatSkews(text), FormatShards(text),
                      FormatSlots(text), FormatTags(text));
}

std::string FormatWorkloadAnalysis(const v1::AnalyzeWorkloadResponse& response,
                                   const TextStyle& style) {
  return absl::StrCat(FormatLoads(response), FormatUses(response), "\n",
                      FormatKeyAnalysis(response.keys(), style));
}

}  // namespace slotplanner::cli
