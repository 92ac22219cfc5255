/**
 * Properties that are tried on many cases: 1,000 of each in `npm test`; in `npm run fuzz`, which sets FUZZ_SEED, on more of
 * them, for at most FUZZ_SECONDS each.
 */
import { test } from '@jest/globals';
import fc from 'fast-check';

const seed = process.env.FUZZ_SEED;
const secondsEach = Number(process.env.FUZZ_SECONDS || 60);

/**
 * A property of something that reads text or data from outside.
 * @param share of the usual number of cases, if one takes long
 */
export function fuzzParser<T>(name: string, cases: fc.Arbitrary<T>, check: (value: T) => unknown, share = 1): void {
  fuzz({ kind: 'parser', name, most: share * 100_000, usual: share * 1_000 }, cases, check);
}

/** A property of something that writes what people or programs read. */
export function fuzzRenderer<T>(name: string, cases: fc.Arbitrary<T>, check: (value: T) => unknown, share = 1): void {
  fuzz({ kind: 'renderer', name, most: share * 10_000, usual: share * 1_000 }, cases, check);
}

interface Target {
  readonly kind: string;
  readonly name: string;
  /** Cases in `npm run fuzz`. */
  readonly most: number;
  /** Cases in `npm test`. */
  readonly usual: number;
}

function fuzz<T>({ kind, name, most, usual }: Target, cases: fc.Arbitrary<T>, check: (value: T) => unknown): void {
  const property = fc.asyncProperty(cases, async (value) => {
    await check(value);
  });
  const isLong = seed !== undefined;
  const limit = isLong ? secondsEach * 1000 : 50_000;
  const numRuns = isLong ? most : usual;
  test(
    name,
    async () => {
      const start = performance.now();
      const details = await fc.check(property, {
        ...(isLong && { seed: Number(seed) }),
        numRuns,
        interruptAfterTimeLimit: limit,
        // Only a long run may end before its last case, and says so.
        markInterruptAsFailure: !isLong,
      });
      const { failed, interrupted, errorInstance } = details;
      if (isLong) {
        const seconds = ((performance.now() - start) / 1000).toFixed(1);
        const extent = interrupted ? `CUT SHORT at ${details.numRuns} of ${numRuns} cases` : `${details.numRuns} cases`;
        process.stderr.write(
          `${failed ? 'FAILED' : 'held'}  ${kind}  ${name}: ${extent}, ${seconds} s, seed ${seed}\n`,
        );
      }
      if (!failed) return;
      const again = `Again: FUZZ_SEED=${details.seed} npm run fuzz -- -t ${JSON.stringify(name)}`;
      throw new Error(`${await fc.asyncDefaultReportMessage(details)}\n\n${again}`, { cause: errorInstance });
    },
    // The limit keeps further cases from being tried; the last one ends by itself.
    limit + 10_000,
  );
}
