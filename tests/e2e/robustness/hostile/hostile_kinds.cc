// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/robustness/hostile/hostile_kinds.h"

#include <cstdint>
#include <initializer_list>

#include <zlib.h>

#include "absl/strings/str_cat.h"
#include "tests/e2e/robustness/hostile/http2_frames.h"

namespace slotplanner::hostile {
namespace {

constexpr char kKeyslot[] = "/slotplanner.v1.SlotPlannerService/Keyslot";
constexpr char kPlanBatch[] = "/slotplanner.v1.SlotPlannerService/PlanBatch";
constexpr char kGetCommands[] = "/slotplanner.v1.TopologyService/GetCommands";
constexpr char kWatchTopology[] =
    "/slotplanner.v1.TopologyService/WatchTopology";
constexpr char kKey[] = "\x12\x03key";  // A KeyslotRequest.

// Section 6.9.1.
constexpr uint32_t kMaxWindow = 0x7FFFFFFF;

template <typename T>
T OneOf(Random& random, std::initializer_list<T> values) {
  return values.begin()[random.Below(values.size())];
}

std::string Bytes(Random& random, size_t count) {
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.Below(256));
  return bytes;
}

// Streams of a client have odd numbers.
uint32_t Stream(size_t index) { return static_cast<uint32_t>(2 * index + 1); }

std::string WindowUpdate(uint32_t stream, uint32_t increment) {
  return Frame(FrameType::kWindowUpdate, 0, stream, BigEndian(increment, 4));
}

std::string Reset(uint32_t stream) {
  return Frame(FrameType::kRstStream, 0, stream, BigEndian(8, 4));  // CANCEL
}

std::string Repeated(const std::string& bytes, size_t count) {
  std::string all;
  all.reserve(bytes.size() * count);
  for (size_t i = 0; i < count; ++i) all += bytes;
  return all;
}

// A call whose headers are these and whose message is good.
Script WithHeaders(const std::string& headers) {
  return {.bytes = Preface() +
                   Frame(FrameType::kHeaders, kEndHeaders, 1, headers) +
                   Frame(FrameType::kData, kEndStream, 1, GrpcMessage(kKey))};
}

// A call whose DATA is that.
Script WithData(const std::string& data) {
  return {.bytes = Preface() +
                   Frame(FrameType::kHeaders, kEndHeaders, 1,
                         CallHeaders(kKeyslot)) +
                   Frame(FrameType::kData, kEndStream, 1, data)};
}

// Sends `bytes` behind the preface, again and again.
Script Flood(const std::string& bytes) {
  return {.bytes = Preface(), .more = [bytes] {
            return Repeated(bytes, 16384 / bytes.size() + 1);
          }};
}

// The same, with what `next(i)` says for i = 0, 1, 2, ...
template <typename Next>
Script StreamFlood(Next next) {
  return {.bytes = Preface(), .more = [next, i = size_t{0}]() mutable {
            std::string chunk;
            for (size_t end = i + 100; i < end; ++i) chunk += next(Stream(i));
            return chunk;
          }};
}

// What is no HTTP/2.

Script RandomBytes(Random& random) {
  return {.bytes = Bytes(random, 1 + random.Below(4096))};
}

Script Http1(Random& random) {
  return {.bytes = absl::StrCat(
              "POST ", kKeyslot,
              " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n",
              Bytes(random, 10))};
}

// A ClientHello of TLS 1.2 with random contents (RFC 5246, 7.4.1.2).
Script TlsHello(Random& random) {
  return {.bytes =
              std::string("\x16\x03\x01\x00\x80\x01\x00\x00\x7c\x03\x03", 11) +
              Bytes(random, 122)};
}

Script PartOfPreface(Random& random) {
  const std::string preface = Preface();
  return {.bytes = preface.substr(0, 1 + random.Below(preface.size() - 1)),
          .ending = OneOf(random, {Ending::kWait, Ending::kClose})};
}

Script Nothing(Random& /*random*/) { return {}; }

Script ConnectAndReset(Random& /*random*/) {
  return {.bytes = {}, .ending = Ending::kReset};
}

// What is damaged HTTP/2.

Script RandomBytesBehindPreface(Random& random) {
  return {.bytes = Preface() + Bytes(random, 1 + random.Below(4096))};
}

Script RandomFrames(Random& random) {
  std::string bytes = Preface();
  for (size_t i = 1 + random.Below(50); i > 0; --i) {
    bytes += Frame(static_cast<FrameType>(random.Below(12)),
                   static_cast<uint8_t>(random.Below(256)),
                   static_cast<uint32_t>(random.Below(8)),
                   Bytes(random, random.Below(64)));
  }
  return {.bytes = bytes};
}

Script CallWithFlippedBits(Random& random) {
  std::string bytes = Preface() + Call(1, kKeyslot, kKey);
  for (size_t i = 1 + random.Below(8); i > 0; --i) {
    char& byte = bytes[random.Below(bytes.size())];
    byte = static_cast<char>(byte ^ (1 << random.Below(8)));
  }
  return {.bytes = bytes};
}

Script CallCutShort(Random& random) {
  const std::string bytes = Preface() + Call(1, kKeyslot, kKey);
  return {
      .bytes = bytes.substr(0, random.Below(bytes.size())),
      .ending = OneOf(random, {Ending::kWait, Ending::kClose, Ending::kReset})};
}

Script FrameTooLong(Random& random) {
  return {.bytes =
              Preface() +
              FrameHeader(0xFFFFFF,
                          OneOf(random, {FrameType::kData, FrameType::kHeaders,
                                         FrameType::kSettings}),
                          0, 1) +
              Bytes(random, 32768)};
}

Script FrameOfWrongLength(Random& random) {
  const FrameType type =
      OneOf(random,
            {FrameType::kPriority, FrameType::kRstStream, FrameType::kSettings,
             FrameType::kPing, FrameType::kWindowUpdate, FrameType::kGoaway});
  return {.bytes = Preface() + Frame(type, 0, type == FrameType::kPing ? 0 : 1,
                                     Bytes(random, 1 + random.Below(20)))};
}

Script FrameOnWrongStream(Random& random) {
  std::string bytes = Preface();
  switch (random.Below(7)) {
    case 0:  // Stream 0 carries no calls.
      return {.bytes = bytes + Call(0, kKeyslot, kKey)};
    case 1:  // Even ones are the server's.
      return {.bytes = bytes + Call(2, kKeyslot, kKey)};
    case 2:  // Numbers only grow.
      return {.bytes =
                  bytes + Call(9, kKeyslot, kKey) + Call(3, kKeyslot, kKey)};
    case 3:  // None was begun.
      return {.bytes = bytes + Frame(FrameType::kData, kEndStream, 5, "data")};
    case 4:  // It has ended.
      return {.bytes = bytes + Call(1, kKeyslot, kKey) +
                       Frame(FrameType::kData, kEndStream, 1, "data")};
    case 5:  // The last number there is.
      return {.bytes = bytes + Call(0x7FFFFFFF, kKeyslot, kKey) +
                       Call(1, kKeyslot, kKey)};
    default:  // A client promises nothing.
      return {.bytes = bytes + Frame(FrameType::kPushPromise, kEndHeaders, 1,
                                     BigEndian(2, 4) + CallHeaders(kKeyslot))};
  }
}

Script BadPadding(Random& random) {
  constexpr uint8_t kPadded = 0x8;
  const std::string longer_than_frame =
      std::string(1, '\xFF') + CallHeaders(kKeyslot).substr(0, 20);
  return {.bytes = Preface() +
                   Frame(OneOf(random, {FrameType::kHeaders, FrameType::kData}),
                         kPadded | kEndHeaders, 1, longer_than_frame)};
}

Script BadSettings(Random& random) {
  const std::string settings =
      OneOf(random, {Setting(kInitialWindowSize, 0x80000000u),
                     Setting(kMaxFrameSize, 0),
                     Setting(kMaxFrameSize, 0xFFFFFFFFu), Setting(0x2, 7),
                     Setting(kHeaderTableSize, 0xFFFFFFFFu), Setting(0x6, 0)});
  return {.bytes = Preface() + Frame(FrameType::kSettings, 0, 0, settings) +
                   Call(1, kKeyslot, kKey)};
}

Script BadWindowUpdate(Random& random) {
  const uint32_t stream = OneOf(random, {0u, 1u});
  const std::string update =
      random.Percent(50)
          ? WindowUpdate(stream, 0)
          : WindowUpdate(stream, kMaxWindow) + WindowUpdate(stream, kMaxWindow);
  return {.bytes = Preface() + Call(1, kKeyslot, kKey) + update +
                   Call(3, kKeyslot, kKey)};
}

Script GoawayAndOn(Random& random) {
  return {.bytes = Preface() +
                   Frame(FrameType::kGoaway, 0, 0,
                         Bytes(random, 8 + random.Below(100))) +
                   Call(1, kKeyslot, kKey)};
}

Script DependsOnItself(Random& /*random*/) {
  return {.bytes = Preface() +
                   Frame(FrameType::kPriority, 0, 1,
                         BigEndian(1, 4) + std::string(1, '\x10')) +
                   Call(1, kKeyslot, kKey)};
}

// Headers.

Script BadHpack(Random& random) {
  const std::string block = OneOf(
      random,
      {
          std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F",
                      10),             // Too big.
          std::string("\x80", 1),      // Index 0.
          std::string("\xFE", 1),      // No such entry.
          std::string("\x00\x7F", 2),  // A name that does not end.
          std::string("\x00\xFF\xFF\xFF\xFF\x07", 6),
          std::string("\x3F\xFF\xFF\xFF\xFF\x07", 6),  // The table's size.
          // A Huffman code of end-of-string, which must not stand for itself.
          std::string("\x00\x84\xFF\xFF\xFF\xFF\x00", 7),
          Bytes(random, 1 + random.Below(200)),
      });
  return WithHeaders(block);
}

// A name of 4000 bytes that the table keeps, then many references to it, of one
// byte each.
Script HpackBomb(Random& /*random*/) {
  const std::string block = CallHeaders(kKeyslot) +
                            IndexedHeader("x-bomb", std::string(4000, 'x')) +
                            std::string(8000, '\xBE');
  return WithHeaders(block);
}

Script LargeHeaders(Random& random) {
  const std::string value(8000, 'v');
  std::string bytes =
      Preface() + Frame(FrameType::kHeaders, 0, 1, CallHeaders(kKeyslot));
  const size_t count = 2 + random.Below(128);  // Up to 1 MiB.
  for (size_t i = 0; i < count; ++i) {
    bytes += Frame(FrameType::kContinuation,
                   i + 1 == count ? kEndHeaders : uint8_t{0}, 1,
                   Header(absl::StrCat("x-", i), value));
  }
  return {.bytes = bytes};
}

Script ManyHeaders(Random& random) {
  std::string block = CallHeaders(kKeyslot);
  for (size_t i = random.Below(1500); i > 0; --i) block += Header("a", "");
  return WithHeaders(block);
}

Script WrongHeaders(Random& random) {
  const std::string good = CallHeaders(kKeyslot);
  return WithHeaders(
      OneOf(random, {
                        std::string(),
                        Header("content-type", "application/grpc"),
                        good + Header(":path", "/again"),
                        good + Header("UPPER", "case"),
                        good + Header(":unknown", "pseudo"),
                        good + Header("connection", "close"),
                        good + Header("x", "line\r\nbreak"),
                        good + Header("", "no name"),
                        good + Header("x-bin", "%%% no base64 %%%"),
                        good + Header("grpc-timeout", "99999999999999H"),
                        good + Header("grpc-timeout", "-1S"),
                        good + Header("grpc-timeout", "S"),
                        good + Header("grpc-encoding", "nobody-knows"),
                        good + Header("grpc-accept-encoding", ",,,,gzip,,"),
                        good + Header("content-length", "3"),
                        good + Header("host", "elsewhere"),
                        good + Header("\xFF\x00\x80", "\xFF"),
                    }));
}

Script WrongContentType(Random& random) {
  return WithHeaders(
      Header(":method", "POST") + Header(":scheme", "http") +
      Header(":path", kKeyslot) + Header(":authority", "localhost") +
      Header("content-type", OneOf(random, {"application/json", "text/html",
                                            "application/grpcc", ""})));
}

Script WrongMethod(Random& random) {
  return WithHeaders(
      Header(":method", OneOf(random, {"GET", "PUT", "CONNECT", "X", ""})) +
      Header(":scheme", "http") + Header(":path", kKeyslot) +
      Header("content-type", "application/grpc") + Header("te", "trailers"));
}

Script WrongPath(Random& random) {
  return WithHeaders(CallHeaders(OneOf(
      random,
      {std::string(), std::string("/"), std::string("//"), std::string("*"),
       std::string("/slotplanner.v1.SlotPlannerService/"),
       std::string("/slotplanner.v1.SlotPlannerService/Nothing"),
       absl::StrCat("/", std::string(random.Below(8000), 'p')),
       absl::StrCat("/", Bytes(random, random.Below(100)))})));
}

// Messages.

Script WrongMessageLength(Random& random) {
  const std::string body = GrpcMessage(kKey).substr(5);
  const std::string length = BigEndian(
      OneOf(random, {0u, 1u, 4u, 6u, 1000u, 0x7FFFFFFFu, 0xFFFFFFFFu}), 4);
  return WithData(std::string(1, '\0') + length + body);
}

Script WrongMessageFlag(Random& random) {
  std::string data = GrpcMessage(kKey);
  data[0] = static_cast<char>(1 + random.Below(255));
  return WithData(data);
}

Script SeveralMessages(Random& random) {
  return WithData(Repeated(GrpcMessage(kKey), 2 + random.Below(100)));
}

Script RandomMessage(Random& random) {
  return {.bytes =
              Preface() + Call(1,
                               OneOf(random, {kKeyslot, kPlanBatch,
                                              kGetCommands, kWatchTopology}),
                               Bytes(random, random.Below(4096)))};
}

// 16 KiB that unpack to 16 MiB of zeros, some of them damaged.
Script GzipBomb(Random& random) {
  static const std::string kBomb = [] {
    const std::string zeros(16 << 20, '\0');
    std::string packed(64 << 10, '\0');
    z_stream stream = {};
    // 16 more bits of window ask for gzip's own frame.
    deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
                 Z_DEFAULT_STRATEGY);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zeros.data()));
    stream.avail_in = static_cast<uInt>(zeros.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
  }();
  std::string packed = kBomb;
  if (random.Percent(50)) packed[random.Below(packed.size())] = '?';
  std::string data = GrpcMessage(packed);
  data[0] = 1;  // Compressed.
  std::string bytes = Preface() + Frame(FrameType::kHeaders, kEndHeaders, 1,
                                        CallHeaders(kKeyslot) +
                                            Header("grpc-encoding", "gzip"));
  for (size_t at = 0; at < data.size(); at += 16384) {
    bytes += Frame(FrameType::kData, 0, 1, data.substr(at, 16384));
  }
  return {.bytes = bytes + Frame(FrameType::kData, kEndStream, 1, {})};
}

// Streams.

Script ResetsMidstream(Random& random) {
  std::string bytes = Preface();
  for (size_t i = 0; i < 50; ++i) {
    const std::string call = Call(Stream(i), kKeyslot, kKey);
    const size_t headers = 9 + CallHeaders(kKeyslot).size();
    bytes += random.Percent(50) ? call : call.substr(0, headers);
    bytes += Reset(Stream(i));
  }
  return {.bytes = bytes,
          .ending = OneOf(random, {Ending::kClose, Ending::kReset})};
}

Script UnfinishedCalls(Random& random) {
  std::string bytes = Preface();
  for (size_t i = 1 + random.Below(200); i > 0; --i) {
    bytes += Frame(FrameType::kHeaders, kEndHeaders, Stream(200 - i),
                   CallHeaders(kKeyslot));
  }
  return {.bytes = bytes};
}

Script CallsLeftBehind(Random& random) {
  std::string bytes = Preface();
  for (size_t i = 0; i < 100; ++i) {
    bytes += Call(Stream(i),
                  OneOf(random, {kKeyslot, kGetCommands, kWatchTopology}), {});
  }
  return {.bytes = bytes,
          .ending = OneOf(random, {Ending::kClose, Ending::kReset})};
}

// Watches of a cluster that is not there: the server's own end of such a call
// and the caller's meet.
Script RefusedWatchesReset(Random& random) {
  const std::string nowhere = "\x0a\x07nowhere";
  std::string bytes = Preface();
  for (size_t i = 0; i < 50; ++i) {
    bytes += Call(Stream(i), kWatchTopology, nowhere);
    if (random.Percent(50)) bytes += Reset(Stream(i));
  }
  return {
      .bytes = bytes,
      .ending = OneOf(random, {Ending::kWait, Ending::kClose, Ending::kReset})};
}

Script TooManyStreams(Random& /*random*/) {
  std::string bytes = Preface();
  const std::string headers = CallHeaders(kWatchTopology);
  for (size_t i = 0; i < 2000; ++i) {
    bytes += Frame(FrameType::kHeaders, kEndHeaders, Stream(i), headers);
  }
  return {.bytes = bytes};
}

// Floods. Each goes on until the connection's time is up.

Script ResetFlood(Random& /*random*/) {
  return StreamFlood([headers = CallHeaders(kKeyslot)](uint32_t stream) {
    return Frame(FrameType::kHeaders, kEndHeaders, stream, headers) +
           Reset(stream);
  });
}

Script WholeCallResetFlood(Random& /*random*/) {
  return StreamFlood([](uint32_t stream) {
    return Call(stream, kGetCommands, {}) + Reset(stream);
  });
}

// Each stream is one that the server must reset: it says so in a frame.
Script MadeYouResetFlood(Random& /*random*/) {
  return StreamFlood([headers = CallHeaders(kGetCommands)](uint32_t stream) {
    return Frame(FrameType::kHeaders, kEndHeaders, stream, headers) +
           WindowUpdate(stream, 0);
  });
}

Script WrongPathFlood(Random& /*random*/) {
  return StreamFlood([](uint32_t stream) { return Call(stream, "/", kKey); });
}

Script PingFlood(Random& /*random*/) {
  return Flood(Frame(FrameType::kPing, 0, 0, std::string(8, 'p')));
}

Script PingAckFlood(Random& /*random*/) {
  return Flood(Frame(FrameType::kPing, kAck, 0, std::string(8, 'p')));
}

Script SettingsFlood(Random& random) {
  return Flood(
      Frame(FrameType::kSettings, 0, 0,
            OneOf(random, {std::string(), Setting(kInitialWindowSize, 65535),
                           Setting(kInitialWindowSize, 1) +
                               Setting(kInitialWindowSize, 65535)})));
}

Script WindowUpdateFlood(Random& random) {
  return Flood(WindowUpdate(OneOf(random, {0u, 7u}), 1));
}

Script PriorityFlood(Random& /*random*/) {
  return Flood(Frame(FrameType::kPriority, 0, 1, std::string(5, '\0')));
}

Script UnknownFrameFlood(Random& /*random*/) {
  return Flood(Frame(static_cast<FrameType>(0xBE), 0, 0, "unknown"));
}

Script EmptyDataFlood(Random& /*random*/) {
  Script script = Flood(Frame(FrameType::kData, 0, 1, {}));
  script.bytes +=
      Frame(FrameType::kHeaders, kEndHeaders, 1, CallHeaders(kKeyslot));
  return script;
}

// A block of headers that never ends (CVE-2024-27983 and its like).
Script ContinuationFlood(Random& random) {
  const std::string part =
      random.Percent(50) ? std::string() : Header("x", std::string(1000, 'y'));
  Script script = Flood(Frame(FrameType::kContinuation, 0, 1, part));
  script.bytes += Frame(FrameType::kHeaders, 0, 1, CallHeaders(kKeyslot));
  return script;
}

// Slow ones.

Script SlowWriter(Random& /*random*/) {
  return {.bytes = Preface() + Call(1, kKeyslot, kKey), .is_slow_writer = true};
}

// Asks for large answers and grants no window for them.
Script ReaderWithoutWindow(Random& random) {
  std::string bytes = Preface() + Frame(FrameType::kSettings, 0, 0,
                                        Setting(kInitialWindowSize,
                                                OneOf(random, {0u, 1u, 100u})));
  for (size_t i = 0; i < 20; ++i) bytes += Call(Stream(i), kGetCommands, {});
  return {.bytes = bytes};
}

// Grants all windows and does not read.
Script ReaderThatSleeps(Random& /*random*/) {
  std::string bytes = Preface() +
                      Frame(FrameType::kSettings, 0, 0,
                            Setting(kInitialWindowSize, kMaxWindow)) +
                      WindowUpdate(0, kMaxWindow - 65535);
  for (size_t i = 0; i < 50; ++i) bytes += Call(Stream(i), kGetCommands, {});
  return {.bytes = bytes, .reads = false};
}

constexpr HostileKind kKinds[] = {
    {"random_bytes", RandomBytes},
    {"http1", Http1},
    {"tls_hello", TlsHello},
    {"part_of_preface", PartOfPreface},
    {"nothing", Nothing},
    {"connect_and_reset", ConnectAndReset},
    {"random_bytes_behind_preface", RandomBytesBehindPreface},
    {"random_frames", RandomFrames},
    {"call_with_flipped_bits", CallWithFlippedBits},
    {"call_cut_short", CallCutShort},
    {"frame_too_long", FrameTooLong},
    {"frame_of_wrong_length", FrameOfWrongLength},
    {"frame_on_wrong_stream", FrameOnWrongStream},
    {"bad_padding", BadPadding},
    {"bad_settings", BadSettings},
    {"bad_window_update", BadWindowUpdate},
    {"goaway_and_on", GoawayAndOn},
    {"depends_on_itself", DependsOnItself},
    {"bad_hpack", BadHpack},
    {"hpack_bomb", HpackBomb},
    {"large_headers", LargeHeaders},
    {"many_headers", ManyHeaders},
    {"wrong_headers", WrongHeaders},
    {"wrong_content_type", WrongContentType},
    {"wrong_method", WrongMethod},
    {"wrong_path", WrongPath},
    {"wrong_message_length", WrongMessageLength},
    {"wrong_message_flag", WrongMessageFlag},
    {"several_messages", SeveralMessages},
    {"random_message", RandomMessage},
    {"gzip_bomb", GzipBomb},
    {"resets_midstream", ResetsMidstream},
    {"unfinished_calls", UnfinishedCalls},
    {"calls_left_behind", CallsLeftBehind},
    {"refused_watches_reset", RefusedWatchesReset},
    {"too_many_streams", TooManyStreams},
    {"reset_flood", ResetFlood},
    {"whole_call_reset_flood", WholeCallResetFlood},
    {"made_you_reset_flood", MadeYouResetFlood},
    {"wrong_path_flood", WrongPathFlood},
    {"ping_flood", PingFlood},
    {"ping_ack_flood", PingAckFlood},
    {"settings_flood", SettingsFlood},
    {"window_update_flood", WindowUpdateFlood},
    {"priority_flood", PriorityFlood},
    {"unknown_frame_flood", UnknownFrameFlood},
    {"empty_data_flood", EmptyDataFlood},
    {"continuation_flood", ContinuationFlood},
    {"slow_writer", SlowWriter},
    {"reader_without_window", ReaderWithoutWindow},
    {"reader_that_sleeps", ReaderThatSleeps},
};

}  // namespace

std::span<const HostileKind> HostileKinds() { return kKinds; }

}  // namespace slotplanner::hostile
