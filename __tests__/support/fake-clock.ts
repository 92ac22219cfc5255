import type { Clock } from '../../src/wait/wait.ts';

/** A clock whose time passes only while somebody sleeps, so that hours take a moment. Times in milliseconds from 0. */
export interface FakeClock extends Clock {
  /** Does something when the time has come. */
  at(time: number, action: () => void): void;
}

/** Who sleeps beyond the last thing that is to happen sleeps for ever: that is an error. */
export function createFakeClock(): FakeClock {
  let time = 0;
  let events: { readonly time: number; readonly action: () => void }[] = [];

  function at(when: number, action: () => void): void {
    events = [...events, { time: when, action }].toSorted((a, b) => a.time - b.time);
  }

  return {
    at,
    now: () => time,
    async sleep(duration, signal) {
      const end = time + duration;
      for (let [next] = events; next && next.time <= end && !signal.aborted; [next] = events) {
        events = events.slice(1);
        time = Math.max(time, next.time);
        next.action();
      }
      signal.throwIfAborted();
      if (end === Number.POSITIVE_INFINITY) throw new Error('Nothing will ever end this sleep.');
      time = Math.max(time, end);
    },
    timeout(duration, reason) {
      const controller = new AbortController();
      at(time + duration, () => controller.abort(reason));
      return controller.signal;
    },
  };
}
