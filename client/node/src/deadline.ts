// SPDX-License-Identifier: Apache-2.0
import type { Cause } from './status.js';

/** The longest time that a timer of Node can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** When a call is over: at a moment, or earlier when its caller aborts it. */
export class Deadline {
  private constructor(
    /** By the clock of `performance.now()`. */
    readonly timeMs: number,
    private readonly signal: AbortSignal | undefined,
  ) {}

  static after(timeoutMs: number, signal?: AbortSignal): Deadline {
    return new Deadline(performance.now() + timeoutMs, signal);
  }

  /** This one, but no later than in `timeoutMs`. */
  within(timeoutMs: number): Deadline {
    const timeMs = Math.min(this.timeMs, performance.now() + timeoutMs);
    return new Deadline(timeMs, this.signal);
  }

  get isOver(): boolean {
    return this.signal?.aborted || performance.now() >= this.timeMs;
  }

  /** Not negative. */
  get remainingMs(): number {
    if (this.signal?.aborted) return 0;
    return Math.max(this.timeMs - performance.now(), 0);
  }

  /** What to say of what was not done in time. */
  get cause(): Cause {
    return this.signal?.aborted
      ? { code: 'CANCELLED', message: 'The caller has aborted the call.' }
      : { code: 'DEADLINE_EXCEEDED', message: 'The deadline has passed.' };
  }

  /** The caller's own reason, when it has aborted. */
  get abortReason(): unknown {
    return this.signal?.aborted ? this.signal.reason : undefined;
  }

  /** Calls `listener` when the caller aborts. Returns how to stop that. */
  onAbort(listener: () => void): () => void {
    this.signal?.addEventListener('abort', listener, { once: true });
    return () => this.signal?.removeEventListener('abort', listener);
  }

  /** Waits until the moment, by the same clock, or until this is over. */
  sleepUntil(timeMs: number): Promise<void> {
    return this.waitFor(new Wake(), timeMs);
  }

  /** Waits until the promise is settled, either way, or until this is over. */
  settled(promise: Promise<unknown>): Promise<void> {
    const wake = new Wake();
    const notify = () => wake.notify();
    promise.then(notify, notify);
    return this.waitFor(wake, Number.POSITIVE_INFINITY);
  }

  private async waitFor(wake: Wake, timeMs: number): Promise<void> {
    const stop = this.onAbort(() => wake.notify());
    await wake.waitUntil(this.isOver ? 0 : Math.min(timeMs, this.timeMs));
    stop();
  }
}

/** Something to wait for, again and again. */
export class Wake {
  private isNotified = false;
  private resolve: (() => void) | undefined;

  /** Ends the wait that is under way; failing that, the next one. */
  notify(): void {
    this.isNotified = true;
    this.resolve?.();
  }

  /** Waits for `notify`, until a moment of `performance.now()` at most. */
  async waitUntil(timeMs: number): Promise<void> {
    const timeoutMs = Math.ceil(timeMs - performance.now());
    if (!this.isNotified && timeoutMs > 0) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.resolve = resolve;
        timer = setTimeout(resolve, Math.min(timeoutMs, MAX_TIMER_MS));
      });
      clearTimeout(timer);
    }
    this.resolve = undefined;
    this.isNotified = false;
  }
}
