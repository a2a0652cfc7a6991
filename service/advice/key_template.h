// SPDX-License-Identifier: Apache-2.0
// Texts with placeholders, as the code of a caller builds its keys from, and
// what can be said about their slots before there is a key.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"

namespace slotplanner {

// A stretch of a template: a placeholder, or text between placeholders.
struct TemplateToken {
  std::string_view text;  // Of a placeholder, its name; never empty.
  bool is_placeholder;

  friend bool operator==(const TemplateToken&, const TemplateToken&) = default;
};

// The tokens of a template, no two texts side by side. A placeholder is `<`, a
// name of ASCII letters, digits, `_` and `-`, and `>`; any other `<` is text.
// Views into `text`. O(text size).
std::vector<TemplateToken> TokensOf(std::string_view text);

// The template with a value in place of each placeholder, as `value_of` gives
// it for its name. O(size of the result).
std::string FillIn(
    std::string_view text,
    absl::FunctionRef<std::string_view(std::string_view name)> value_of);

// Whether keys are in one slot. Each stands for the value of that name in
// proto/slotplanner/v1/advisor_service.proto; the numbers are the same.
enum class SlotAgreement : uint8_t {
  kNoKeys = 1,
  kAlways = 2,
  kNever = 3,
  kDepends = 4,
};

// Whether templates are in one slot, and on what that depends.
struct TemplateAgreement {
  SlotAgreement agreement = SlotAgreement::kNoKeys;
  // With kDepends: the names of the placeholders where the templates differ, in
  // the order in which they come first. If only text differs, all names of the
  // templates, since it is then up to chance.
  std::vector<std::string_view> placeholders = {};
};

// Whether keys of which `hashed_parts` are hashed are in one slot. A hashed
// part is a template, too: as values are not empty and have no braces, the
// hashed part of a template is that of each of its keys (rule A2). The same
// name stands for the same value in all of them.
//
// Two hashed parts that differ may still be compared for certain. CRC-16 with a
// start value of 0 (rule A1) is linear: crc(a ^ b) = crc(a) ^ crc(b) if a and b
// have one size, and zero bytes in front change nothing. If two parts are the
// same up to their last placeholder and have texts s and t of one size behind
// it, then a ^ b is zeros and s ^ t, and the two CRCs differ by crc(s ^ t),
// whatever the values. A slot is the lower 14 bits of a CRC; so both are always
// in one slot if those of crc(s ^ t) are 0, and never otherwise. Of other parts
// that differ, values can give one slot, and most give two.
//
// Hence kNever if two parts are never in one slot, kAlways if each two always
// are, else kDepends. Views into `hashed_parts`. O(bytes of all parts).
TemplateAgreement AgreementOf(std::span<const std::string_view> hashed_parts);

}  // namespace slotplanner
