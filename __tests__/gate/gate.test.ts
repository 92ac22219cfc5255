import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { EvaluatorSpec } from '../../src/gate/evaluator.ts';
import type { Remedy } from '../../src/gate/gate.ts';
import type { GateMode } from '../../src/gate/mode.ts';
import { decideExamples, decideOne, decideRuns, type Example, inOrder, passOrFail } from '../support/compared.ts';

const repeated = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const number = (valence: 'positive' | 'negative' = 'positive'): EvaluatorSpec => ({
  return_type: 'number',
  number_valence: valence,
});

const regressed: Example = { path: 'regressed', ...passOrFail({ worse: 9, better: 1, passed: 25, failed: 5 }) };
const improved: Example = { path: 'improved', ...passOrFail({ worse: 1, better: 9, passed: 25, failed: 5 }) };
const inconclusive: Example = { path: 'inconclusive', ...passOrFail({ worse: 1, better: 1, passed: 38 }) };
const doubtful: Example = { path: 'doubtful', ...passOrFail({ worse: 3, better: 1, passed: 36 }) };
const noRegression: Example = { path: 'no regression', ...passOrFail({ passed: 400 }) };
const text: Example = { path: 'text', spec: { return_type: 'text' }, control: inOrder(['a']), run: inOrder(['b']) };
const incomplete: Example = { path: 'incomplete', ...regressed, run: {} };

describe('the whole gate', () => {
  const outcome = (examples: readonly Example[], mode: GateMode) => {
    const { gate, verdict } = decideExamples(examples, { mode });
    return [verdict, gate];
  };

  test.each<[string, Example, 'passed' | 'failed', 'passed' | 'failed']>([
    ['regressed', regressed, 'failed', 'failed'],
    ['incomplete', { ...incomplete, path: 'incomplete' }, 'failed', 'failed'],
    ['inconclusive', inconclusive, 'passed', 'failed'],
    ['no regression', noRegression, 'passed', 'passed'],
    ['improved', improved, 'passed', 'passed'],
    ['not gated', text, 'failed', 'failed'],
  ])('of one %s evaluator', (verdict, example, regression, strict) => {
    // If a whole side is missing, strict mode has nothing to score either.
    expect(outcome([example], 'regression')).toEqual([verdict, regression]);
    expect(outcome([example], 'report')).toEqual([verdict, regression]);
    expect(outcome([example], 'strict')).toEqual([verdict, strict]);
  });

  test('has the verdict of its worst evaluator, whatever the order', () => {
    const fromWorst = [regressed, incomplete, inconclusive, noRegression, improved];
    const verdicts = ['regressed', 'incomplete', 'inconclusive', 'no regression', 'improved'];
    for (const [from, verdict] of verdicts.entries()) {
      expect(decideExamples([text, ...fromWorst.slice(from).toReversed()]).verdict).toBe(verdict);
    }
  });

  test('names each regressed path once', () => {
    expect(decideExamples([regressed, improved, { ...regressed }]).regressed).toEqual(['regressed']);
  });

  test('of nothing fails', () => {
    expect(decideExamples([])).toEqual({
      gate: 'failed',
      verdict: 'not gated',
      familySize: 0,
      evaluators: [],
      regressed: [],
      controlRunIds: ['rn_control1'],
      runIds: ['rn_run1'],
      leftOut: [],
      sharedLogs: 0,
      disagreements: [],
    });
  });
});

describe('rows', () => {
  test('have the fields of the comparison, and null if there is no value', () => {
    expect(decideOne(text).row).toEqual({
      path: 'text',
      version_id: 'evv_1',
      type: 'text',
      verdict: 'not gated',
      gated: false,
      reason: expect.stringMatching(/./),
      direction: null,
      method: null,
      n: null,
      lost: null,
      gained: null,
      worse: null,
      better: null,
      median: null,
      control: null,
      run: null,
      difference: null,
      low: null,
      high: null,
      p: null,
      p_adjusted: null,
      max_drop: null,
      detectable_drop: null,
      warning: false,
      changes_count: null,
      missing_count: null,
    });
  });

  test('name the method', () => {
    expect(decideOne(regressed).row.method).toBe('McNemar mid-p, Tango interval');
    const spec = {
      return_type: 'select',
      options: [{ name: 'a', valence: 'positive' }, { name: 'b' }, { name: 'c', valence: 'negative' }],
    };
    const only = (options: string[]) => {
      const judgments = inOrder(Array.from({ length: 30 }, (_, i) => options[i % options.length]));
      return decideOne({ spec, control: judgments, run: judgments }).row;
    };
    expect(only(['a', 'b', 'c']).method).toBe('paired t and sign test');
    expect(only(['a', 'c']).method).toBe('McNemar mid-p, Tango interval');
  });

  test('numbers never count as pass or fail', () => {
    const judgments = inOrder(Array.from({ length: 30 }, (_, i) => i % 2));
    expect(decideOne({ spec: number(), control: judgments, run: judgments }).row.method).toBe('paired t and sign test');
  });

  test('of what was compared are gated, whatever the verdict', () => {
    for (const example of [regressed, { ...incomplete, path: 'incomplete' }, inconclusive, noRegression, improved]) {
      expect(decideOne(example).row).toMatchObject({ verdict: example.path, gated: true });
    }
  });

  test('give numbers in their own units and sign where lower is better', () => {
    // Seconds: from 2 to 3 on average, which is worse.
    const control = inOrder(Array.from({ length: 40 }, (_, i) => 1.5 + (i % 2)));
    const run = inOrder(Array.from({ length: 40 }, (_, i) => 2.4 + (i % 4) * 0.4));
    const { row } = decideOne({ spec: number('negative'), control, run });
    expect(row).toMatchObject({ verdict: 'regressed', direction: 'lower', control: 2 });
    expect(row.run).toBeCloseTo(3, 12);
    expect(row.difference).toBeCloseTo(1, 12);
    expect(row.max_drop).toBeCloseTo(0.04, 12);
    expect(row.low).toBeGreaterThan(0);
    expect(row.low).toBeLessThan(1);
    expect(row.high).toBeGreaterThan(1);

    const opposite = decideOne({ spec: number('positive'), control, run }).row;
    expect(opposite).toMatchObject({ verdict: 'improved', difference: row.difference, low: row.low, high: row.high });
  });

  test('give booleans where lower is better as scores, up being good', () => {
    const { row } = decideOne({ ...regressed, settings: { direction: 'lower' } });
    expect(row).toMatchObject({ verdict: 'improved', direction: 'lower', worse: 1, better: 9 });
    expect(row.control).toBeCloseTo(0.15, 12);
    expect(row.run).toBeCloseTo(0.35, 12);
    expect(row.difference).toBeCloseTo(0.2, 12);
  });

  test('say how many datapoints would settle what is inconclusive, and only that', () => {
    expect(decideOne(doubtful).datapointsToSettle).toBeGreaterThan(40);
    expect(decideOne(regressed).datapointsToSettle).toBeNull();
    expect(decideOne(noRegression).datapointsToSettle).toBeNull();
    expect(decideOne(incomplete).datapointsToSettle).toBeNull();
  });

  test('a drop of just the margin is not above it, whatever rounding makes of it', () => {
    expect(4.02 - 4.1).toBeLessThan(-0.02 * 4);
    const { row } = decideOne({
      spec: { ...number(), number_limits: { min: 1, max: 5 } },
      control: inOrder(repeated(30, 4.1)),
      run: inOrder(repeated(30, 4.02)),
    });
    // It is worse, though not by more than is tolerated.
    expect(row).toMatchObject({ verdict: 'inconclusive', warning: true });
  });

  test('nor if numbers have no limits', () => {
    expect(2.646 - 2.7).toBeLessThan(-0.02 * 2.7);
    const { row } = decideOne({
      spec: number(),
      control: inOrder(repeated(30, 2.7)),
      run: inOrder(repeated(30, 2.646)),
    });
    expect(row).toMatchObject({ verdict: 'inconclusive', warning: true });
  });

  test('what rounding may add is small beside the range, however far from 0 that lies', () => {
    const millionth = 1e-6;
    const { row } = decideOne({
      spec: { ...number(), number_limits: { min: 1000, max: 1000 + millionth } },
      control: inOrder(repeated(30, 1000 + 0.5 * millionth)),
      run: inOrder(repeated(30, 1000 + 0.4795 * millionth)),
    });
    expect(row).toMatchObject({ verdict: 'regressed' });
  });

  test('one far number makes no improvement of a drop, even if nearly all others rose by a hair', () => {
    const decided = decideOne({
      spec: number(),
      control: inOrder(repeated(200, 100)),
      run: inOrder([1e9, ...repeated(39, 40), ...repeated(160, 100.001)]),
    });
    expect(decided).toMatchObject({ row: { verdict: 'inconclusive', warning: true, worse: 39 }, hiddenDrop: true });
  });

  test('warn if the measured drop exceeds the margin without proof', () => {
    expect(decideOne(doubtful).row).toMatchObject({ verdict: 'inconclusive', warning: true });
    expect(decideOne(inconclusive).row).toMatchObject({ verdict: 'inconclusive', warning: false });
  });
});

describe('incomplete', () => {
  test('takes the obstacle for its reason', () => {
    const { row, result } = decideOne({ ...improved, obstacle: 'It judged the control only.' });
    expect(row).toMatchObject({ verdict: 'incomplete', gated: true, reason: 'It judged the control only.', n: null });
    expect(result.gate).toBe('failed');
  });

  test('not gated comes before an obstacle', () => {
    expect(decideOne({ ...text, obstacle: 'It judged the control only.' }).row).toMatchObject({
      verdict: 'not gated',
      gated: false,
    });
  });

  test('a Run cannot improve by failing on the hard datapoints', () => {
    const control = inOrder([...repeated(90, true), ...repeated(10, false)]);
    const { row } = decideOne({
      spec: { return_type: 'boolean' },
      control,
      run: inOrder([...repeated(90, true), ...repeated(10, null)]),
    });
    expect(row).toMatchObject({ verdict: 'incomplete', n: 90, lost: 10, gained: 0 });
    expect(row.reason).toMatch(/is missing usable judgments for 10 of the control’s 100 datapoints/);
  });

  test('nor by bringing new ones: they make up for nothing', () => {
    const control = inOrder([...repeated(94, true), ...repeated(6, false)]);
    const run = inOrder([...repeated(94, true), ...repeated(6, undefined), ...repeated(6, true)]);
    expect(decideOne({ spec: { return_type: 'boolean' }, control, run }).row).toMatchObject({
      verdict: 'incomplete',
      lost: 6,
      gained: 0,
    });
    // The same datapoints, if the control has Logs that could not be judged.
    const unjudged = inOrder([...repeated(94, true), ...repeated(6, false), ...repeated(6, null)]);
    expect(decideOne({ spec: { return_type: 'boolean' }, control: unjudged, run }).row).toMatchObject({
      n: 94,
      lost: 6,
      gained: 6,
    });
    expect(decideOne({ spec: { return_type: 'boolean' }, control: unjudged, run }).row.verdict).not.toBe('incomplete');
  });
});

describe('the remedy for an incomplete evaluator', () => {
  const spec = { return_type: 'boolean' };
  /** Forty datapoints that both sides should have judged, and more that only the control tried to. */
  const remedyFor = (run: readonly unknown[], control: readonly unknown[] = []) => {
    const passed = repeated(40 - run.length, true);
    const example = { spec, control: inOrder([...repeated(40, true), ...control]), run: inOrder([...passed, ...run]) };
    const { remedy, row } = decideOne(example, { maxMissing: 0 });
    return { remedy, reason: row.reason };
  };

  test.each<[string, readonly unknown[], readonly unknown[], Remedy]>([
    ['datapoints have no Log', repeated(10, undefined), [], 'judgments'],
    ['most are null', [...repeated(6, null), ...repeated(4, 'yes')], [], 'judgments'],
    ['most are of another type', [...repeated(4, null), ...repeated(6, 'yes')], [], 'evaluator'],
    ['most of the control’s are of another type', repeated(6, null), repeated(7, 'yes'), 'evaluator'],
    ['most of the control’s are null', repeated(6, 'yes'), repeated(7, null), 'judgments'],
  ])('goes by what is unusable most often on either side: where %s', (_, run, control, remedy) => {
    expect(remedyFor(run, control).remedy).toBe(remedy);
  });

  test('comes with what is unusable on each side', () => {
    expect(remedyFor(repeated(6, null), ['yes']).reason).toMatch(
      /\. Of the judgments of the Run, 6 are null\. Of the judgments of the control, 1 is text, not boolean\.$/,
    );
    expect(remedyFor(repeated(6, null)).reason).toMatch(/\. Of the judgments of the Run, 6 are null\.$/);
    expect(remedyFor(repeated(6, undefined)).reason).toMatch(/max-missing allows \(a share of 0\)\.$/);
  });

  test('is other datapoints, a new control or other numbers if judgments are not the cause', () => {
    const others = inOrder([...repeated(40, undefined), ...repeated(40, true)]);
    const apart = { spec, control: inOrder(repeated(40, true)), run: others };
    expect(decideOne(apart, { maxMissing: 1 }).remedy).toBe('datapoints');
    expect(decideOne({ ...improved, obstacle: 'It judged the control only.' }).remedy).toBe('control');
    const huge = inOrder(repeated(30, 1e308));
    expect(decideOne({ spec: number(), control: huge, run: huge }).remedy).toBe('numbers');
  });

  test('is none unless the evaluator is incomplete', () => {
    for (const example of [regressed, inconclusive, noRegression, text]) expect(decideOne(example).remedy).toBeNull();
  });
});

describe('what is said of the judgments', () => {
  test('names the missing datapoints in order', () => {
    const control = { b: [true], a: [true], d: [true], c: [true] };
    const { missing } = decideOne({ spec: { return_type: 'boolean' }, control, run: { b: [true] } });
    expect(missing).toEqual(['a', 'c', 'd']);
  });

  test('counts the judgments of the datapoint that has the most in any Run of a side', () => {
    const once = inOrder(repeated(20, true));
    const twice = { ...once, d3: [true, true] };
    const thrice = { ...once, d5: [true, false, true] };
    const spec = { return_type: 'boolean' };
    const { evaluators } = decideRuns([{ spec, controls: [once, thrice, twice], runs: [twice, once] }]);
    expect(evaluators[0]?.repeats).toEqual({ control: 3, run: 2 });
    expect(decideOne(text).repeats).toEqual({ control: 0, run: 0 });
  });

  test('explains by the leading Run what pooled Runs are missing', () => {
    const passed = inOrder(repeated(40, true));
    const part = (judgment: unknown) => inOrder([...repeated(20, true), ...repeated(20, judgment)]);
    const { evaluators } = decideRuns([
      { spec: { return_type: 'boolean' }, controls: [passed], runs: [part(null), { ...passed, d40: ['yes'] }] },
    ]);
    expect(evaluators[0]?.row.reason).toMatch(/Of the judgments of the Run, 20 are null\.$/);
  });
});

describe('strict mode', () => {
  const lost = (spec: EvaluatorSpec, judgment: unknown): Example => ({
    spec,
    control: inOrder(repeated(400, judgment)),
    run: inOrder([...repeated(385, judgment), ...repeated(15, null)]),
  });

  test('gives lost datapoints of bounded kinds the worst score', () => {
    expect(decideOne(lost({ return_type: 'boolean' }, true), { mode: 'strict' }).row).toMatchObject({
      verdict: 'regressed',
      n: 400,
      lost: 15,
      worse: 15,
      run: 385 / 400,
    });
    expect(decideOne(lost({ return_type: 'boolean' }, true)).row).toMatchObject({
      verdict: 'no regression',
      n: 385,
      worse: 0,
    });
  });

  test('the worst number is its limit: the upper one where lower is better', () => {
    const limits = { number_limits: { min: 1, max: 5 } };
    const higher = decideOne(lost({ ...number('positive'), ...limits }, 4), { mode: 'strict' }).row;
    expect(higher.difference).toBeCloseTo((-3 * 15) / 400, 12);
    const lower = decideOne(lost({ ...number('negative'), ...limits }, 4), { mode: 'strict' }).row;
    expect(lower.difference).toBeCloseTo((1 * 15) / 400, 12);
  });

  test('leaves lost datapoints out if numbers have no limits', () => {
    expect(decideOne(lost(number(), 4), { mode: 'strict' }).row).toMatchObject({ n: 385, lost: 15, difference: 0 });
  });
});

describe('few pairs', () => {
  const graded = (n: number): Example => ({
    spec: { ...number(), number_limits: { min: 0, max: 10 } },
    control: inOrder(repeated(n, 9)),
    run: inOrder(Array.from({ length: n }, (_, i) => i % 3)),
  });

  test('fewer than 20 of graded scores are tested by their signs, without an interval', () => {
    const { row, result } = decideOne(graded(19));
    expect(row).toMatchObject({
      verdict: 'regressed',
      n: 19,
      control: 9,
      method: 'sign test',
      p: 2 ** -20,
      low: null,
      high: null,
      detectable_drop: null,
      median: -8,
      worse: 19,
      better: 0,
      reason: null,
    });
    expect(result).toMatchObject({ gate: 'failed', familySize: 1 });
    expect(decideOne(graded(20)).row).toMatchObject({ verdict: 'regressed', method: 'paired t and sign test' });
  });

  test('they can show a regression, but not that there is none, and the row says so', () => {
    const same = inOrder(repeated(19, 5));
    const { row, result, datapointsToSettle } = decideOne({ ...graded(19), control: same, run: same });
    expect(row).toMatchObject({ verdict: 'inconclusive', warning: false, p: 1, low: null });
    expect(row.reason).toMatch(/Only 19 pairs.*20/);
    expect(datapointsToSettle).toBeNull();
    expect(result.gate).toBe('passed');
  });

  test('one middle option among pass-or-fail answers makes no difference of kind: a clear drop is one', () => {
    const { row } = decideOne({
      spec: { return_type: 'select', options },
      control: inOrder([...repeated(11, 'good'), 'fair']),
      run: inOrder([...repeated(11, 'bad'), 'fair']),
    });
    expect(row).toMatchObject({ verdict: 'regressed', method: 'sign test', n: 12 });
  });

  test('four of pass-or-fail scores can', () => {
    expect(decideOne(passOrFail({ worse: 4 })).row).toMatchObject({ verdict: 'regressed', n: 4, p: 1 / 32 });
    expect(decideOne(passOrFail({ worse: 3 })).row).toMatchObject({
      verdict: 'inconclusive',
      warning: true,
      p_adjusted: 1,
    });
  });
});

/** Judgments of one datapoint on both sides. */
interface Pair {
  readonly control: readonly unknown[];
  readonly run: readonly unknown[];
}

interface Kind {
  readonly spec: EvaluatorSpec;
  /** From the worst to the best. */
  readonly judgments: readonly unknown[];
}

const options = [
  { name: 'good', valence: 'positive' },
  { name: 'fair', valence: 'neutral' },
  { name: 'bad', valence: 'negative' },
];
const kinds: readonly Kind[] = [
  { spec: { return_type: 'boolean' }, judgments: [false, true] },
  { spec: { return_type: 'boolean', options: [{ name: 'true', valence: 'negative' }] }, judgments: [true, false] },
  { spec: { ...number(), number_limits: { min: 0, max: 10 } }, judgments: [0, 0.1, 2, 2.5, 7.3, 10] },
  { spec: number('negative'), judgments: [1000, 90.1, 90, 0.3, 0, -4] },
  { spec: { return_type: 'select', options }, judgments: ['bad', 'fair', 'good'] },
  {
    spec: { return_type: 'multi_select', options },
    judgments: [['bad'], ['bad', 'bad', 'good'], [], ['good', 'fair'], ['good']],
  },
];

const anyKind = fc.constantFrom(...kinds);

function pairsOf({ judgments }: Kind, lengths: { min: number; max: number }): fc.Arbitrary<Pair[]> {
  const side = fc.array(fc.constantFrom(...judgments), { minLength: lengths.min, maxLength: lengths.max });
  return fc.array(fc.record({ control: side, run: side }), { minLength: 1, maxLength: 60 });
}

/** Pairs with up to three judgments a side, some with none. */
const sparse = anyKind.chain((kind) =>
  fc.record({ kind: fc.constant(kind), pairs: pairsOf(kind, { min: 0, max: 3 }) }),
);
/** Pairs with one judgment a side. */
const dense = anyKind.chain((kind) => fc.record({ kind: fc.constant(kind), pairs: pairsOf(kind, { min: 1, max: 1 }) }));

const example = ({ spec }: Kind, pairs: readonly Pair[]): Example => ({
  spec,
  control: Object.fromEntries(pairs.map(({ control }, index) => [`d${index}`, control])),
  run: Object.fromEntries(pairs.map(({ run }, index) => [`d${index}`, run])),
});

/** Lets sparse pairs through, so that there is something to compare. */
const lenient = { maxMissing: 1, confidence: 0.9 };

describe('for all judgments', () => {
  test('p lies in (0, 1], the interval holds the difference, and JSON keeps every value', () => {
    fc.assert(
      fc.property(sparse, ({ kind, pairs }) => {
        const { row } = decideOne(example(kind, pairs), lenient);
        expect(JSON.parse(JSON.stringify(row))).toEqual(row);
        for (const p of [row.p, row.p_adjusted]) {
          if (p === null) continue;
          expect(p).toBeGreaterThan(0);
          expect(p).toBeLessThanOrEqual(1);
        }
        if (row.low === null || row.high === null || row.difference === null) return;
        expect(row.low).toBeLessThanOrEqual(row.difference);
        expect(row.high).toBeGreaterThanOrEqual(row.difference);
        expect(row.difference).toBeCloseTo((row.run ?? Number.NaN) - (row.control ?? Number.NaN), 9);
      }),
      { numRuns: 400 },
    );
  });

  test('neither the order of records, nor that all come twice, matters in the last digit', () => {
    const inTwoOrders = sparse.chain(({ kind, pairs }) =>
      fc.record({
        kind: fc.constant(kind),
        pairs: fc.constant(pairs),
        order: fc.shuffledSubarray([...pairs.keys()], { minLength: pairs.length, maxLength: pairs.length }),
      }),
    );
    fc.assert(
      fc.property(inTwoOrders, ({ kind, pairs, order }) => {
        const straight = example(kind, pairs);
        const rearranged = (judgments: Example['run'], twice: boolean) =>
          Object.fromEntries(
            order.map((index) => {
              const there = judgments[`d${index}`]?.toReversed() ?? [];
              return [`d${index}`, twice ? [...there, ...there] : there];
            }),
          );
        const { row } = decideOne(straight, lenient);
        for (const twice of [false, true]) {
          const control = rearranged(straight.control, twice);
          const run = rearranged(straight.run, twice);
          expect(decideOne({ ...straight, control, run }, lenient).row).toEqual(row);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('swapping the sides mirrors difference and interval', () => {
    fc.assert(
      fc.property(dense, ({ kind, pairs }) => {
        const { row } = decideOne(example(kind, pairs));
        const swapped = decideOne(
          example(
            kind,
            pairs.map(({ control, run }) => ({ control: run, run: control })),
          ),
        ).row;
        expect(swapped.difference).toBeCloseTo(-(row.difference ?? Number.NaN), 12);
        expect([swapped.worse, swapped.better]).toEqual([row.better, row.worse]);
        if (row.low === null || row.high === null) return;
        expect(swapped.low).toBeCloseTo(-row.high, 9);
        expect(swapped.high).toBeCloseTo(-row.low, 9);
        if (row.verdict === 'regressed') expect(swapped.verdict).toBe('improved');
      }),
    );
  });

  test('a better judgment never lowers the difference', () => {
    const withOneBetter = dense.chain(({ kind, pairs }) =>
      fc.record({ kind: fc.constant(kind), pairs: fc.constant(pairs), at: fc.nat(pairs.length - 1) }),
    );
    fc.assert(
      fc.property(withOneBetter, ({ kind, pairs, at }) => {
        const rank = kind.judgments.indexOf(pairs[at]?.run[0]);
        const best = kind.judgments.slice(rank);
        const lower = kind.spec.number_valence === 'negative';
        const differences = best.map((better) => {
          const changed = pairs.with(at, { control: pairs[at]?.control ?? [], run: [better] });
          return (decideOne(example(kind, changed)).row.difference ?? Number.NaN) * (lower ? -1 : 1);
        });
        expect(differences).toEqual(differences.toSorted((a, b) => a - b));
        expect(differences).not.toContain(Number.NaN);
      }),
    );
  });

  test('adding the same to both sides changes no verdict while the margin is an amount', () => {
    const wholes = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), {
      minLength: 20,
      maxLength: 50,
    });
    fc.assert(
      fc.property(wholes, fc.integer({ min: -1000, max: 1000 }), (pairs, constant) => {
        const shifted = (by: number) =>
          decideOne({
            spec: number(),
            settings: { maxDrop: { amount: 0.5 } },
            control: inOrder(pairs.map(([control]) => control + by)),
            run: inOrder(pairs.map(([, run]) => run + by)),
          }).row;
        const [here, there] = [shifted(0), shifted(constant)];
        expect(there).toEqual({ ...here, control: expect.anything(), run: expect.anything() });
      }),
    );
  });

  test('the unit of numbers without limits changes no verdict, however small it is', () => {
    const pairs = fc.array(fc.tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 })), {
      minLength: 20,
      maxLength: 50,
    });
    fc.assert(
      fc.property(pairs, fc.integer({ min: -60, max: 60 }), (pairs, exponent) => {
        const measuredIn = (unit: number) =>
          decideOne({
            spec: number('negative'),
            control: inOrder(pairs.map(([control]) => control * unit)),
            run: inOrder(pairs.map(([, run]) => run * unit)),
          }).row;
        expect(measuredIn(2 ** exponent).verdict).toBe(measuredIn(1).verdict);
      }),
    );
  });
});

describe('hostile judgments', () => {
  test('finite but huge ones make the evaluator incomplete, and the gate fails', () => {
    const sides: [number[], number[]][] = [
      [repeated(30, 1e308), repeated(30, -1e308)],
      [repeated(30, -1e308), repeated(30, 1e308)],
      [repeated(30, 1e308), repeated(30, 1e308)],
      [Array.from({ length: 30 }, (_, i) => i * 1e160), Array.from({ length: 30 }, (_, i) => (i % 7) * 1e160)],
    ];
    for (const [control, run] of sides) {
      for (const limits of [null, { min: -1e308, max: 1e308 }]) {
        const { row, result } = decideOne({
          spec: { ...number(), number_limits: limits },
          control: inOrder(control),
          run: inOrder(run),
        });
        expect(row).toMatchObject({ verdict: 'incomplete', difference: null, low: null, n: 30 });
        expect(row.reason).toMatch(/too large/);
        expect(result.gate).toBe('failed');
      }
    }
  });

  test('repeats whose sum is too large are not taken for missing ones', () => {
    const huge = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`d${i}`, i === 0 ? [1e308, 1e308] : [1, 2]]));
    expect(decideOne({ spec: number(), control: huge, run: huge }).row).toMatchObject({
      verdict: 'incomplete',
      lost: 0,
    });
  });

  test('nothing throws, and no value of a row is left non-finite', () => {
    const double = fc.double();
    const judgment = fc.oneof(double, fc.constantFrom(1e308, -1e308, 5e-324, 0, true, null), fc.anything());
    const side = fc.array(fc.array(judgment, { maxLength: 3 }), { minLength: 20, maxLength: 40 });
    const bounds = fc.option(fc.record({ min: fc.option(double), max: fc.option(double) }));
    const toJudgments = (judgments: readonly (readonly unknown[])[]) =>
      Object.fromEntries(judgments.map((there, index) => [`d${index}`, there]));
    fc.assert(
      fc.property(
        fc.constantFrom('boolean', 'number', 'select', 'multi_select', 'text', 'new'),
        bounds,
        side,
        side,
        (type, limits, control, run) => {
          const spec = { return_type: type, number_valence: 'negative', number_limits: limits, options };
          const { row } = decideOne({ spec, control: toJudgments(control), run: toJudgments(run) }, { maxMissing: 1 });
          for (const value of Object.values(row)) {
            if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
