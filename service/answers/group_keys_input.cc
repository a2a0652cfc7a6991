// SPDX-License-Identifier: Apache-2.0
#include "service/answers/group_keys_input.h"

#include <deque>
#include <string>

#include "service/answers/wire_reader.h"

namespace slotplanner {

bool GroupKeysInput::Read(google::protobuf::io::ZeroCopyInputStream& bytes,
                          size_t size) {
  constexpr auto kKeysTag =
      WireReader::BytesTag(v1::GroupKeysRequest::kKeysFieldNumber);
  std::deque<std::string> pieced_together;
  WireReader reader(bytes, size, pieced_together);
  std::string all_but_keys;
  const auto add_key = [this](std::string_view key) {
    AddKey(key);
    return true;
  };
  while (true) {
    reader.TakeRun(kKeysTag, add_key);
    const WireReader::Tag tag = reader.NextTag();
    if (tag == WireReader::kEnd) break;
    if (tag == WireReader::kGaveUp) return false;
    if (tag == kKeysTag) {
      std::string_view key;
      if (!reader.ReadBytes(key)) return false;
      AddKey(key);
    } else if (!reader.CopyField(tag, all_but_keys)) {
      return false;
    }
  }
  return message_.ParseFromString(all_but_keys);
}

bool GroupKeysInput::ReadAsMessage(
    google::protobuf::io::ZeroCopyInputStream& bytes, size_t size) {
  if (size > WireReader::kMaxUnusualSize) return false;
  if (!message_.ParseFromZeroCopyStream(&bytes)) return false;
  Take(message_);
  return true;
}

void GroupKeysInput::Take(const v1::GroupKeysRequest& request) {
  settings_ = &request;
  key_count_ = 0;
  slots_.clear();
  for (const std::string& key : request.keys()) AddKey(key);
}

}  // namespace slotplanner
