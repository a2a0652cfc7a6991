// SPDX-License-Identifier: Apache-2.0
// The choice among the implementations.
#include "service/slots/crc16.h"

#include <atomic>

#include "service/slots/crc16_implementations.h"

namespace slotplanner {
namespace {

using Function = uint16_t (*)(std::string_view);

uint16_t ChooseCrc16(std::string_view bytes);
uint16_t ChooseKeyCrc16(std::string_view key);

// Initialised at compile time with functions that put the chosen ones here, so
// that there is no moment at which a call is too early. Relaxed, because all
// threads would store the same value: a load costs what that of an ordinary
// pointer does.
constinit std::atomic<Function> crc16 = ChooseCrc16;
constinit std::atomic<Function> key_crc16 = ChooseKeyCrc16;

const Crc16Implementation& Fastest() {
  return *SupportedCrc16Implementations().front();
}

uint16_t ChooseCrc16(std::string_view bytes) {
  crc16.store(Fastest().crc16, std::memory_order_relaxed);
  return Crc16(bytes);
}

uint16_t ChooseKeyCrc16(std::string_view key) {
  key_crc16.store(Fastest().key_crc16, std::memory_order_relaxed);
  return KeyCrc16(key);
}

}  // namespace

std::vector<const Crc16Implementation*> SupportedCrc16Implementations() {
  std::vector<const Crc16Implementation*> supported;
  for (const Crc16Implementation* implementation : {
#if defined(__x86_64__)
         &kVpclmulqdqCrc16,
#endif
#if defined(__x86_64__) || defined(__aarch64__)
             &kClmulCrc16,
#endif
             &kPortableCrc16
       }) {
    if (implementation->is_supported()) supported.push_back(implementation);
  }
  return supported;
}

uint16_t Crc16(std::string_view bytes) {
  return crc16.load(std::memory_order_relaxed)(bytes);
}

uint16_t KeyCrc16(std::string_view key) {
  return key_crc16.load(std::memory_order_relaxed)(key);
}

const char* Crc16ImplementationName() { return Fastest().name; }

}  // namespace slotplanner
