// SPDX-License-Identifier: Apache-2.0
import type { Deadline } from './deadline.js';
import { notInTime } from './errors.js';

/** Lets so many calls run at one time; others wait for their turn. */
export class CallLimit {
  private running = 0;
  private readonly waiting = new Set<() => void>(); // In the order they came.

  constructor(private readonly limit: number) {}

  /**
   * Runs `work` in its turn. Rejects with a `NotRunError` when the deadline is
   * over before that.
   */
  async run<T>(deadline: Deadline, work: () => Promise<T>): Promise<T> {
    if (this.running < this.limit) ++this.running;
    else await this.turn(deadline);
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  private async turn(deadline: Deadline): Promise<void> {
    let start = () => {};
    const started = new Promise<void>((resolve) => {
      start = resolve;
    });
    this.waiting.add(start);
    await deadline.settled(started);
    // Whoever is not waiting any more has got a place.
    if (this.waiting.delete(start)) throw notInTime(deadline);
  }

  private leave(): void {
    const [next] = this.waiting;
    if (next === undefined) {
      --this.running;
      return;
    }
    this.waiting.delete(next);
    next();
  }
}
