/** The statistics against values that were checked against SciPy, statsmodels and R. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { benjaminiHochberg } from '../../src/gate/benjamini-hochberg.ts';
import { normalQuantile } from '../../src/gate/distributions/normal.ts';
import { studentTCdf, studentTQuantile } from '../../src/gate/distributions/student-t.ts';
import { mean } from '../../src/gate/exact-sum.ts';
import { mcnemarMidP, tangoInterval } from '../../src/gate/mcnemar.ts';
import { pairedT } from '../../src/gate/paired-t.ts';

type Question =
  | { fn: 'mcnemarMidPLess'; input: { worse: number; better: number } }
  | { fn: 'tangoInterval'; input: { worse: number; better: number; n: number; confidence: number } }
  | { fn: 'pairedT'; input: { diffs: number[]; range: number; confidence: number } }
  | { fn: 'benjaminiHochberg'; input: { p: number[] } }
  | { fn: 'tQuantile'; input: { p: number; df: number } }
  | { fn: 'tCdf'; input: { t: number; df: number } }
  | { fn: 'normalQuantile'; input: { p: number } };

type Answer = Record<string, number | number[]>;

type Reference = Question & { id: string; expected: Answer; tol: number };

function answer({ fn, input }: Question): Answer {
  switch (fn) {
    case 'mcnemarMidPLess':
      return { p_worse: mcnemarMidP(input.worse, input.better), p_better: mcnemarMidP(input.better, input.worse) };
    case 'tangoInterval': {
      const { low, high } = tangoInterval(input.worse, input.better, input.n, input.confidence);
      return { lo: low, hi: high };
    }
    case 'pairedT': {
      const differences = Float64Array.from(input.diffs);
      const { pWorse, pBetter, changed, interval } = pairedT(differences);
      const { low, high } = interval(input.range, input.confidence);
      return {
        n: input.diffs.length,
        mean: mean(differences),
        lo: low,
        hi: high,
        p_worse: pWorse,
        p_better: pBetter,
        changed,
      };
    }
    case 'benjaminiHochberg':
      return { adjusted: benjaminiHochberg(input.p) };
    case 'tQuantile':
      return { value: studentTQuantile(input.p, input.df) };
    case 'tCdf':
      return { value: studentTCdf(input.t, input.df) };
    case 'normalQuantile':
      return { value: normalQuantile(input.p) };
  }
}

const file = new URL('../fixtures/gate/reference.json', import.meta.url);
const { shared }: { shared: Reference[] } = JSON.parse(readFileSync(file, 'utf8'));

test.each(shared)('$id', (reference) => {
  // Standard deviation and error are steps on the way to the interval and not results of their own.
  const { sd: _sd, se: _se, ...expected } = reference.expected;
  const actual = answer(reference);
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, value] of Object.entries(expected)) {
    const values = [value].flat();
    const results = [actual[name] ?? []].flat();
    expect(results).toHaveLength(values.length);
    values.forEach((each, index) => {
      expect(Math.abs((results[index] ?? Number.NaN) - each)).toBeLessThanOrEqual(reference.tol);
    });
  }
});
