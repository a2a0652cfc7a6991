// SPDX-License-Identifier: Apache-2.0
#include "tests/support/invocations.h"

#include <algorithm>
#include <cstdlib>
#include <variant>

namespace slotplanner {
namespace {

class Builder {
 public:
  Builder(const CommandInfo& info, int keys,
          const std::function<std::string()>& next_key)
      : keys_(keys), next_key_(next_key) {
    const size_t bar = info.name.find('|');
    call_.args.push_back(info.name.substr(0, bar));
    if (bar != std::string::npos) {
      call_.args.push_back(info.name.substr(bar + 1));
    }
  }

  void PadTo(size_t size) {
    while (call_.args.size() < size) call_.args.push_back("1");
  }

  void Begin(const BeginSearchIndex& begin) {
    PadTo(static_cast<size_t>(begin.index));
  }
  void Begin(const BeginSearchKeyword& begin) {
    if (begin.start_from > 0) PadTo(static_cast<size_t>(begin.start_from));
    call_.args.push_back(begin.keyword);
  }
  void Begin(const BeginSearchUnknown&) {}

  void Find(const FindKeysRange& find) {
    if (find.last_key >= 0) {
      for (int i = 0; i <= find.last_key; i += find.key_step) AddKey(1);
      return;
    }
    for (int i = 0; i < keys_; ++i) AddKey(find.key_step);
    const int behind = find.limit > 1 ? keys_ : -1 - find.last_key;
    for (int i = 0; i < behind; ++i) call_.args.push_back("1");
  }
  void Find(const FindKeysKeynum& find) {
    const size_t base = call_.args.size();
    PadTo(base + static_cast<size_t>(find.keynum_index));
    call_.args.push_back(std::to_string(keys_));
    PadTo(base + static_cast<size_t>(find.first_key));
    for (int i = 0; i < keys_; ++i) AddKey(find.key_step);
  }
  void Find(const FindKeysUnknown&) {}

  Invocation Take() && { return std::move(call_); }

 private:
  void AddKey(int step) {
    call_.key_positions.push_back(static_cast<int>(call_.args.size()));
    call_.args.push_back(next_key_());
    for (int i = 1; i < step; ++i) call_.args.push_back("1");
  }

  const int keys_;
  const std::function<std::string()>& next_key_;
  Invocation call_;
};

}  // namespace

std::optional<Invocation> MakeInvocation(
    const CommandInfo& info, int keys,
    const std::function<std::string()>& next_key) {
  Builder builder(info, keys, next_key);
  for (const KeySpec& spec : info.key_specs) {
    if (spec.is_unknown() || spec.incomplete) return std::nullopt;
    std::visit([&](const auto& begin) { builder.Begin(begin); },
               spec.begin_search);
    std::visit([&](const auto& find) { builder.Find(find); }, spec.find_keys);
  }
  builder.PadTo(static_cast<size_t>(std::abs(info.arity)));
  return std::move(builder).Take();
}

}  // namespace slotplanner
