// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace slotplanner {

// One reply of a Redis or Valkey node, as RESP2 carries it. A plain value.
struct RespValue {
  enum class Type {
    kNil,      // Null bulk string or null array.
    kString,   // Bulk string: `text`.
    kStatus,   // Simple string, such as OK: `text`.
    kError,    // Error line without its leading '-': `text`.
    kInteger,  // `integer`.
    kArray,    // `elements`.
  };

  static RespValue Nil() { return {}; }
  static RespValue String(std::string text) {
    return {.type = Type::kString, .text = std::move(text)};
  }
  static RespValue Status(std::string text) {
    return {.type = Type::kStatus, .text = std::move(text)};
  }
  static RespValue Error(std::string text) {
    return {.type = Type::kError, .text = std::move(text)};
  }
  static RespValue Integer(int64_t integer) {
    return {.type = Type::kInteger, .integer = integer};
  }
  static RespValue Array(std::vector<RespValue> elements) {
    return {.type = Type::kArray, .elements = std::move(elements)};
  }

  bool is_nil() const { return type == Type::kNil; }
  bool is_error() const { return type == Type::kError; }
  bool is_integer() const { return type == Type::kInteger; }
  bool is_array() const { return type == Type::kArray; }
  // A bulk or a simple string.
  bool is_text() const {
    return type == Type::kString || type == Type::kStatus;
  }

  friend bool operator==(const RespValue&, const RespValue&) = default;

  Type type = Type::kNil;
  std::string text = {};
  int64_t integer = 0;
  std::vector<RespValue> elements = {};
};

}  // namespace slotplanner
