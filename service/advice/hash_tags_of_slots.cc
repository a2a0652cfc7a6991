// SPDX-License-Identifier: Apache-2.0
#include "service/advice/hash_tags_of_slots.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

#include "service/slots/crc16.h"

namespace slotplanner {
namespace {

// In the order of their bytes.
constexpr std::string_view kAlphabet =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// A CRC-16 of two bytes is a permutation of their 65,536 values: it never loses
// a bit. This takes back the sixteen steps of that, so gives the two bytes, the
// first one above the second, whose CRC is `crc`.
constexpr uint16_t TwoBytesOfCrc(uint16_t crc) {
  constexpr uint32_t kPolynomial = 0x1021;  // Rule A1.
  uint32_t bytes = crc;
  for (int step = 0; step < 16; ++step) {
    bytes = (bytes & 1U) == 0 ? bytes >> 1U
                              : ((bytes ^ kPolynomial) >> 1U) | 0x8000U;
  }
  return static_cast<uint16_t>(bytes);
}

bool IsInAlphabet(char c) {
  return std::binary_search(kAlphabet.begin(), kAlphabet.end(), c);
}

// Goes through the words of one length over the alphabet, in order.
class Words {
 public:
  explicit Words(size_t length)
      : places_(length), text_(length, kAlphabet[0]) {}

  const std::string& text() const { return text_; }

  // Moves to the next one; false when the last one was there.
  bool Next() {
    for (size_t i = places_.size(); i-- > 0;) {
      const bool is_last = ++places_[i] == kAlphabet.size();
      if (is_last) places_[i] = 0;
      text_[i] = kAlphabet[places_[i]];
      if (!is_last) return true;
    }
    return false;
  }

 private:
  std::vector<size_t> places_;  // In the alphabet.
  std::string text_;
};

// The hash tags of a slot that begin with some text and are two bytes longer.
class Endings {
 public:
  explicit Endings(HashSlot slot) {
    // Four CRCs are in a slot.
    for (size_t i = 0; i < bytes_.size(); ++i) {
      bytes_[i] = TwoBytesOfCrc(static_cast<uint16_t>(
          static_cast<int>(i) * kHashSlotCount + slot.value()));
    }
  }

  // Appends them, in order, as long as there are fewer than `count`.
  void AppendTo(std::vector<std::string>& tags, const std::string& beginning,
                size_t count) const {
    // With bytes before them, two bytes give the CRC that they give alone once
    // the CRC of those is added to them: it is what is divided on.
    const uint16_t crc = Crc16(beginning);
    std::array<uint16_t, 4> endings = bytes_;
    for (uint16_t& ending : endings) ending ^= crc;
    std::sort(endings.begin(), endings.end());
    for (const uint16_t ending : endings) {
      const char first = static_cast<char>(ending >> 8);
      const char second = static_cast<char>(ending & 0xff);
      if (tags.size() == count) return;
      if (!IsInAlphabet(first) || !IsInAlphabet(second)) continue;
      tags.push_back(beginning + first + second);
    }
  }

 private:
  std::array<uint16_t, 4> bytes_ = {};
};

}  // namespace

std::vector<std::string> HashTagsOfSlot(HashSlot slot, int count) {
  std::vector<std::string> tags;
  const auto wanted = static_cast<size_t>(std::max(count, 0));
  tags.reserve(wanted);
  for (const char c : kAlphabet) {
    std::string tag(1, c);
    if (tags.size() < wanted && HashSlot::OfKey(tag) == slot) {
      tags.push_back(std::move(tag));
    }
  }
  const Endings endings(slot);
  for (size_t length = 2; tags.size() < wanted; ++length) {
    Words beginnings(length - 2);
    do {
      endings.AppendTo(tags, beginnings.text(), wanted);
    } while (tags.size() < wanted && beginnings.Next());
  }
  return tags;
}

std::vector<PlacedHashTag> SpreadHashTags(std::span<const HashSlot> slots,
                                          int count) {
  std::vector<PlacedHashTag> tags;
  if (slots.empty() || count <= 0) return tags;
  const auto wanted = static_cast<size_t>(count);
  tags.reserve(wanted);
  const size_t used = std::min(slots.size(), wanted);
  for (size_t i = 0; i < used; ++i) {
    const HashSlot slot = slots[i * slots.size() / used];
    const size_t of_slot = (i + 1) * wanted / used - i * wanted / used;
    for (std::string& tag : HashTagsOfSlot(slot, static_cast<int>(of_slot))) {
      tags.push_back({std::move(tag), slot});
    }
  }
  return tags;
}

}  // namespace slotplanner
