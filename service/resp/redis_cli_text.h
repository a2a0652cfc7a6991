// SPDX-License-Identifier: Apache-2.0
// Whole replies as people have them: copied from a terminal, or kept in a file.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "service/resp/resp_value.h"

namespace slotplanner {

// All three below: maps become arrays of names and values in turn, as RESP2 has
// them, and sets become arrays; true and false become 1 and 0. Arrays nest at
// most 16 deep, of which CLUSTER SHARDS takes 4, and there are at most 200,000
// values, which take up to 30 MB. Behind the reply nothing but blanks may
// stand. INVALID_ARGUMENT, with the number of the line that is wrong and none
// of its bytes, when the text is no such reply. Time is linear in the size of
// the text. Thread-safe.

// A reply as redis-cli shows it on a terminal or with `--no-raw`, with RESP2 or
// `-3`:
//
//   1) 1) "slots"                   1) 1# "slots" =>
//      2) 1) (integer) 0                  1) (integer) 0
//
// Lines may end in CR LF; blank ones are passed over, spaces at the beginning
// of lines count. What is none of the known kinds of values is a simple string
// to the end of its line. Source: `cliFormatReplyTTY` of redis-cli 7.0.
absl::StatusOr<RespValue> ParseRedisCliText(std::string_view text);

// A reply as `redis-cli --json` shows it, or any JSON. Numbers that are no
// 64-bit integers become strings. Of \u escapes those up to 00FF are known,
// each as one byte. Source: `cliFormatReplyJson` of redis-cli 7.0.
absl::StatusOr<RespValue> ParseRedisCliJson(std::string_view text);

// A reply in RESP2 or RESP3, as the bytes of the node. Unlike `RespParser` it
// wants the whole reply, and takes lines that end in LF alone, as they do when
// an editor had them. Streamed replies and attributes are not known. Source:
// the RESP3 specification.
absl::StatusOr<RespValue> ParseRespText(std::string_view text);

}  // namespace slotplanner
