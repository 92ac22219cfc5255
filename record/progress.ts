const everyMs = 5_000;

interface Counts {
  readonly logs: number;
  readonly judgments: number;
}

/** Counts what is done of a total, and says so in a line every few seconds. */
export function createProgress(total: Counts, tell: (line: string) => void): { count(what: keyof Counts): void } {
  const done = { logs: 0, judgments: 0 };
  let told = performance.now();
  return {
    count(what) {
      done[what] += 1;
      if (performance.now() - told < everyMs) return;
      told = performance.now();
      tell(`Recorded ${done.logs} of ${total.logs} Logs, ${done.judgments} of ${total.judgments} judgments.`);
    },
  };
}
