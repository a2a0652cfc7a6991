// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace slotplanner {

// What a request may cost; past any limit it is refused with TOO_MANY.
struct RequestLimits {
  // Keys in one GroupKeys request, and in one message of an AnalyzeKeys stream,
  // which may have any number of these. 1,000,000 keys of 20 bytes are 22 MB on
  // the wire, within the default message limit of 64 MiB.
  int max_keys = 1'000'000;
  // Commands in one PlanBatch request, and in one message of an AnalyzeWorkload
  // stream, which may have any number of these.
  int max_commands = 100'000;
  // Arguments in one of these, those of all commands together.
  int max_arguments = 2'000'000;
  // Keys or arguments in one SuggestHashTags or CheckTemplates request. 10,000
  // keys with all that tags could be made of in common take about 0.2 s.
  int max_advice_keys = 10'000;
  // Hash tags in one MintHashTags response: 12 bytes each on the wire, and less
  // than 0.1 s of work.
  int max_hash_tags = 100'000;
};

}  // namespace slotplanner
