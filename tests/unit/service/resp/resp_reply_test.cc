// SPDX-License-Identifier: Apache-2.0
#include "service/resp/resp_reply.h"

#include <string>

#include <gtest/gtest.h>

#include "service/resp/resp_parser.h"

namespace slotplanner {
namespace {

std::string Wire(const RespValue& reply) {
  std::string wire;
  AppendReply(reply, wire);
  return wire;
}

TEST(AppendReplyTest, WritesEachKindAsNodesDo) {
  EXPECT_EQ(Wire(RespValue::Nil()), "$-1\r\n");
  EXPECT_EQ(Wire(RespValue::String("foo")), "$3\r\nfoo\r\n");
  EXPECT_EQ(Wire(RespValue::String("")), "$0\r\n\r\n");
  EXPECT_EQ(Wire(RespValue::Status("OK")), "+OK\r\n");
  EXPECT_EQ(Wire(RespValue::Error("ERR no")), "-ERR no\r\n");
  EXPECT_EQ(Wire(RespValue::Integer(-7)), ":-7\r\n");
  EXPECT_EQ(Wire(RespValue::Array({})), "*0\r\n");
}

TEST(AppendReplyTest, IsTheInverseOfTheParser) {
  const RespValue reply = RespValue::Array(
      {RespValue::String(std::string("\0\r\n\xff", 4)), RespValue::Nil(),
       RespValue::Array({RespValue::Integer(1), RespValue::Status("two")}),
       RespValue::Error("MOVED 1 h:2")});
  RespParser parser(RespLimits{});
  parser.Feed(Wire(reply));
  EXPECT_EQ(**parser.Next(), reply);
}

}  // namespace
}  // namespace slotplanner
