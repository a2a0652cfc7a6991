// SPDX-License-Identifier: Apache-2.0
#include "client/cli/interruption.h"

#include <csignal>

namespace slotplanner::cli {
namespace {

// A signal handler can reach nothing else.
volatile std::sig_atomic_t has_interruption_come = 0;

void Remember(int /*signal*/) { has_interruption_come = 1; }

}  // namespace

Interruption::Interruption() : old_interrupt_{}, old_terminate_{} {
  has_interruption_come = 0;
  struct sigaction action = {};
  action.sa_handler = &Remember;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &old_interrupt_);
  sigaction(SIGTERM, &action, &old_terminate_);
}

Interruption::~Interruption() {
  sigaction(SIGINT, &old_interrupt_, nullptr);
  sigaction(SIGTERM, &old_terminate_, nullptr);
}

bool Interruption::has_come() const { return has_interruption_come != 0; }

}  // namespace slotplanner::cli
