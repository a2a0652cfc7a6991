// SPDX-License-Identifier: Apache-2.0
#include "server/process_metrics.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <latch>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/collectables.h"
#include "server/log.h"

namespace slotplanner {
namespace {

// As Linux wrote it for `cat /proc/self/stat`, but for the name.
constexpr std::string_view kStatAfterName =
    " R 15369 15369 17564 0 -1 4194304 101 0 0 0 7 4 0 0 20 0 3 0 3707566 "
    "3133440 409 18446744073709551615 93937451249664 93937451269545 "
    "140720911457632 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 93937451285552 "
    "93937451287168 93938258792448 140720911461048 140720911461068 "
    "140720911461068 140720911462379 0\n";

std::string StatOf(std::string_view name) {
  return "15748 (" + std::string(name) + ")" + std::string(kStatAfterName);
}

TEST(ParseProcessStatTest, FindsItsFields) {
  const auto stat = ParseProcessStat(StatOf("cat"));
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->cpu_ticks, 7 + 4);
  EXPECT_EQ(stat->thread_count, 3);
  EXPECT_EQ(stat->start_ticks, 3'707'566);
  EXPECT_EQ(stat->virtual_bytes, 3'133'440);
  EXPECT_EQ(stat->resident_pages, 409);
}

TEST(ParseProcessStatTest, TakesAnyNameOfAProgram) {
  for (const std::string_view name :
       {"", "two words", "a) R 1 2 3", "((", ")\n("}) {
    const auto stat = ParseProcessStat(StatOf(name));
    ASSERT_TRUE(stat) << name;
    EXPECT_EQ(stat->resident_pages, 409);
  }
}

TEST(ParseProcessStatTest, RefusesWhatIsNoSuchText) {
  std::string not_a_number = StatOf("cat");
  not_a_number.replace(not_a_number.find("409"), 3, "x");
  for (const std::string& text : {std::string(), std::string("15748 (cat)"),
                                  StatOf("cat").substr(0, 80), not_a_number}) {
    EXPECT_EQ(ParseProcessStat(text).has_value(), false) << text;
  }
}

TEST(ParseBootTimeTest, FindsItsLine) {
  EXPECT_EQ(ParseBootTime("cpu 1 2\nctxt 3\nbtime 1700000000\nprocesses 4\n"),
            1'700'000'000);
  for (const std::string_view text :
       {"", "btime", "btime x\n", "xbtime 12\n", "cpu 1\n"}) {
    EXPECT_EQ(ParseBootTime(text), std::nullopt) << text;
  }
}

// The value of a family without labels that is collected now.
double ValueOf(std::string_view name) {
  for (const prometheus::MetricFamily& family : ProcessMetrics().Collect()) {
    if (family.name != name) continue;
    EXPECT_FALSE(family.help.empty());
    EXPECT_EQ(family.metric.size(), 1u);
    return family.type == prometheus::MetricType::Counter
               ? family.metric[0].counter.value
               : family.metric[0].gauge.value;
  }
  ADD_FAILURE() << name << " is missing";
  return 0;
}

TEST(ProcessMetricsTest, CountOpenFilesAndNoneOfTheirOwn) {
  double before = 0;
  for (int i = 0; i < getdtablesize(); ++i) {
    if (fcntl(i, F_GETFD) != -1) ++before;
  }
  EXPECT_EQ(ValueOf("process_open_fds"), before);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_EQ(ValueOf("process_open_fds"), before + 2);
  close(ends[0]);
  close(ends[1]);
  EXPECT_EQ(ValueOf("process_open_fds"), before);
}

TEST(ProcessMetricsTest, TellHowManyFilesMayBeOpen) {
  rlimit limit;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(ValueOf("process_max_fds"), static_cast<double>(limit.rlim_cur));
}

TEST(ProcessMetricsTest, TellAddressesApartFromMemoryInUse) {
  constexpr size_t kBytes = size_t{64} << 20;
  constexpr auto kMost = static_cast<double>(kBytes);
  const double virtual_before = ValueOf("process_virtual_memory_bytes");
  const double resident_before = ValueOf("process_resident_memory_bytes");
  void* const memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  EXPECT_GE(ValueOf("process_virtual_memory_bytes"), virtual_before + kMost);
  EXPECT_LT(ValueOf("process_resident_memory_bytes"),
            resident_before + kMost / 2);
  auto* const bytes = static_cast<volatile char*>(memory);
  for (size_t i = 0; i < kBytes; i += 1024) bytes[i] = 1;
  EXPECT_GT(ValueOf("process_resident_memory_bytes"),
            resident_before + kMost / 2);
  munmap(memory, kBytes);
}

TEST(ProcessMetricsTest, TellWhatMallocHasHandedOut) {
  constexpr size_t kBytes = size_t{64} << 20;
  const double before = ValueOf("slotplanner_heap_used_bytes");
  auto* const memory = static_cast<volatile char*>(std::malloc(kBytes));
  ASSERT_NE(memory, nullptr);
  memory[kBytes - 1] = 1;
#ifndef __SANITIZE_ADDRESS__  // It brings an allocator of its own.
  EXPECT_GE(ValueOf("slotplanner_heap_used_bytes"),
            before + static_cast<double>(kBytes));
#endif
  std::free(const_cast<char*>(memory));
  EXPECT_LT(ValueOf("slotplanner_heap_used_bytes"),
            before + static_cast<double>(kBytes) / 2);
}

TEST(ProcessMetricsTest, CountThreads) {
  const double before = ValueOf("process_threads");
  std::latch done(1);
  {
    const std::jthread first([&done] { done.wait(); });
    const std::jthread second([&done] { done.wait(); });
    EXPECT_EQ(ValueOf("process_threads"), before + 2);
    done.count_down();
  }
}

TEST(ProcessMetricsTest, CountProcessorTimeUpwards) {
  const double before = ValueOf("process_cpu_seconds_total");
  rusage usage;
  const auto seconds_used = [&usage] {
    getrusage(RUSAGE_SELF, &usage);
    return absl::ToDoubleSeconds(absl::DurationFromTimeval(usage.ru_utime) +
                                 absl::DurationFromTimeval(usage.ru_stime));
  };
  const double used_before = seconds_used();
  while (seconds_used() < used_before + 0.1) {
  }
  // Ticks are of 10 ms.
  EXPECT_GE(ValueOf("process_cpu_seconds_total"), before + 0.08);
  EXPECT_LE(ValueOf("process_cpu_seconds_total"), seconds_used() + 0.02);
}

TEST(ProcessMetricsTest, TellWhenTheProcessStarted) {
  // The machine's start is known to a second; tests end within minutes.
  const auto now = static_cast<double>(absl::ToUnixSeconds(absl::Now()));
  EXPECT_LE(ValueOf("process_start_time_seconds"), now + 2);
  EXPECT_GT(ValueOf("process_start_time_seconds"), now - 600);
}

TEST(ProcessMetricsTest, CountWhatTheLogLeftOut) {
  const double before = ValueOf("slotplanner_suppressed_log_lines_total");
  testing::internal::CaptureStderr();
  for (int i = 0; i < 1'000; ++i) Log(LogLevel::kInfo, "flood");
  testing::internal::GetCapturedStderr();
  EXPECT_GT(ValueOf("slotplanner_suppressed_log_lines_total"), before);
}

TEST(CollectablesTest, GivesTheFamiliesOfEach) {
  prometheus::Registry first;
  prometheus::Registry second;
  prometheus::BuildGauge().Name("one").Help("1").Register(first).Add({});
  prometheus::BuildGauge().Name("two").Help("2").Register(second).Add({});
  const Collectables both({&first, &second});
  EXPECT_EQ(prometheus::TextSerializer().Serialize(both.Collect()),
            "# HELP one 1\n# TYPE one gauge\none 0\n"
            "# HELP two 2\n# TYPE two gauge\ntwo 0\n");
}

}  // namespace
}  // namespace slotplanner
