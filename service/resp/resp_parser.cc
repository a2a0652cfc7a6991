// SPDX-License-Identifier: Apache-2.0
#include "service/resp/resp_parser.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <hiredis/read.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "service/resp/resp_value.h"

namespace slotplanner {
namespace {

// The functions below build the reply for hiredis. A root is on the heap until
// `Next` or `FreeRoot` takes it; any other value lives in its parent's
// `elements`. hiredis fills one array after the other, depth first, so that no
// vector grows while a pointer to one of its elements is in use.

// Null, which ends the parsing, when the reply has too many values.
void* Place(const redisReadTask* task, RespValue value) {
  size_t& values_left = *static_cast<size_t*>(task->privdata);
  if (values_left == 0) return nullptr;
  --values_left;
  if (task->parent == nullptr) return new RespValue(std::move(value));
  auto& siblings = static_cast<RespValue*>(task->parent->obj)->elements;
  siblings.push_back(std::move(value));
  return &siblings.back();
}

void* PlaceText(const redisReadTask* task, char* text, size_t size) {
  std::string copy(text, size);
  switch (task->type) {
    case REDIS_REPLY_ERROR:
      return Place(task, RespValue::Error(std::move(copy)));
    case REDIS_REPLY_STATUS:
      return Place(task, RespValue::Status(std::move(copy)));
    default:
      return Place(task, RespValue::String(std::move(copy)));
  }
}

void* PlaceArray(const redisReadTask* task, int declared_size) {
  const auto size = static_cast<size_t>(declared_size);
  if (size >= *static_cast<size_t*>(task->privdata)) return nullptr;
  // Only so much is reserved on the word of the node: at most 8 arrays are open
  // at a time, and 8 * 1024 values are 590 kB.
  constexpr size_t kMaxReserved = 1024;
  RespValue array = RespValue::Array({});
  array.elements.reserve(std::min(size, kMaxReserved));
  return Place(task, std::move(array));
}

void* PlaceInteger(const redisReadTask* task, long long integer) {
  return Place(task, RespValue::Integer(integer));
}

void* PlaceNil(const redisReadTask* task) {
  return Place(task, RespValue::Nil());
}

void FreeRoot(void* root) { delete static_cast<RespValue*>(root); }

// Not const only because hiredis' signature is not.
redisReplyObjectFunctions reply_functions = {PlaceText, PlaceArray,
                                             PlaceInteger, PlaceNil, FreeRoot};

}  // namespace

RespParser::RespParser(const RespLimits& limits)
    : limits_(limits),
      values_left_(limits.max_reply_elements),
      reader_(redisReaderCreateWithFunctions(&reply_functions)) {
  reader_->privdata = &values_left_;
}

RespParser::~RespParser() { redisReaderFree(reader_); }

void RespParser::Feed(std::string_view bytes) {
  if (!refusal_.ok()) return;
  fed_bytes_ += bytes.size();
  redisReaderFeed(reader_, bytes.data(), bytes.size());
}

absl::StatusOr<std::optional<RespValue>> RespParser::Next() {
  if (!refusal_.ok()) return refusal_;
  void* root = nullptr;
  if (redisReaderGetReply(reader_, &root) != REDIS_OK) {
    if (reader_->err == REDIS_ERR_OOM) {
      return Refuse(absl::InvalidArgumentError(
          absl::StrCat("A reply has more than ", limits_.max_reply_elements,
                       " values, the limit.")));
    }
    // hiredis shows at most one byte of the input, escaped.
    return Refuse(absl::InvalidArgumentError(
        absl::StrCat("A reply is not RESP2: ", reader_->errstr, ".")));
  }
  std::unique_ptr<RespValue> reply(static_cast<RespValue*>(root));
  const size_t unread = reply == nullptr ? 0 : reader_->len - reader_->pos;
  const size_t reply_end = fed_bytes_ - unread;
  if (reply_end - reply_begin_ > limits_.max_reply_bytes) {
    return Refuse(absl::InvalidArgumentError(
        absl::StrCat("A reply has more than ", limits_.max_reply_bytes,
                     " bytes, the limit.")));
  }
  if (reply == nullptr) return std::nullopt;
  reply_begin_ = reply_end;
  values_left_ = limits_.max_reply_elements;
  return std::optional<RespValue>(std::move(*reply));
}

absl::Status RespParser::Refuse(absl::Status status) {
  refusal_ = std::move(status);
  return refusal_;
}

}  // namespace slotplanner
