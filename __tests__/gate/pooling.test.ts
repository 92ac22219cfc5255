import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { GateSettings } from '../../src/gate/gate.ts';
import { decideExamples, decideRuns, inOrder, type Judgments, type PooledExample } from '../support/compared.ts';

const spec = { return_type: 'boolean' };
const repeated = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const passing = (passes: number, fails: number): Judgments =>
  inOrder([...repeated(passes, true), ...repeated(fails, false)]);

function decide(example: Omit<PooledExample, 'spec'>, settings: Partial<GateSettings> = {}) {
  const result = decideRuns([{ path: 'tone', spec, ...example }], settings);
  const [decided] = result.evaluators;
  if (!decided) throw new Error('One evaluator has one row.');
  return { ...result, row: decided.row };
}

describe('a side of several Runs', () => {
  test('has the mean over all their Logs at each datapoint, and is tested as graded scores', () => {
    const { row, controlRunIds, runIds } = decide({
      controls: [passing(30, 10), passing(40, 0), passing(30, 10)],
      runs: [passing(20, 20)],
    });
    expect(row).toMatchObject({ method: 'paired t and sign test', n: 40, run: 0.5 });
    expect(row.control).toBeCloseTo((30 + 40 + 30) / 120, 12);
    expect([controlRunIds, runIds]).toEqual([['rn_control1', 'rn_control2', 'rn_control3'], ['rn_run1']]);
  });

  test('is pass or fail as long as every datapoint has 0 or 1', () => {
    const { row } = decide({ controls: [passing(30, 10), passing(30, 10)], runs: [passing(20, 20)] });
    expect(row.method).toBe('McNemar mid-p, Tango interval');
  });

  test('finds a drop that one control Run leaves open', () => {
    // Every fifth datapoint passes two times out of three, whatever the version; the Run breaks eight of the others for good.
    const lively = (luck: number, broken: number) =>
      inOrder(Array.from({ length: 100 }, (_, at) => (at % 5 === 0 ? (at / 5 + luck) % 3 > 0 : at >= broken)));
    const run = lively(1, 10);
    expect(decide({ controls: [lively(0, 0)], runs: [run] }).row.verdict).toBe('inconclusive');
    expect(decide({ controls: [0, 1, 2].map((luck) => lively(luck, 0)), runs: [run] }).row.verdict).toBe('regressed');
  });

  test('of one Run each is what it is without pooling', () => {
    const judgments = fc.array(fc.constantFrom(true, false, null), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(judgments, judgments, (control, run) => {
        const sides = { control: inOrder(control), run: inOrder(run) };
        const plain = decideExamples([{ path: 'tone', spec, ...sides }]);
        const one = decideRuns([{ path: 'tone', spec, controls: [sides.control], runs: [sides.run] }]);
        expect(one.evaluators[0]?.row).toEqual(plain.evaluators[0]?.row);
      }),
    );
  });
});

describe('a Run that is not complete by itself', () => {
  const half = inOrder([...repeated(20, true), ...repeated(20, null)]);

  test('is left out of the control, and named', () => {
    const { leftOut, controlRunIds, row } = decide({
      controls: [passing(40, 0), half, passing(38, 2)],
      runs: [passing(40, 0)],
    });
    expect(leftOut).toEqual([{ runId: 'rn_control2', path: 'tone', because: 'incomplete', missing: 20, expected: 40 }]);
    expect(controlRunIds).toEqual(['rn_control1', 'rn_control3']);
    expect(row.control).toBeCloseTo(78 / 80, 12);
  });

  test('is left out of this Run’s side in the same way', () => {
    const { leftOut, runIds } = decide({ controls: [passing(40, 0)], runs: [passing(40, 0), half] });
    expect(leftOut).toMatchObject([{ runId: 'rn_run2', because: 'incomplete', missing: 20 }]);
    expect(runIds).toEqual(['rn_run1']);
  });

  test('may be missing as much as max-missing says', () => {
    expect(decide({ controls: [passing(40, 0), half], runs: [passing(40, 0)] }, { maxMissing: 0.5 }).leftOut).toEqual(
      [],
    );
  });

  test('need not have what the leading control does not have either', () => {
    const gaps = inOrder([...repeated(30, true), ...repeated(10, null)]);
    expect(decide({ controls: [gaps, gaps], runs: [passing(40, 0)] }).leftOut).toEqual([]);
    const fewer = inOrder([...repeated(20, true), ...repeated(20, null)]);
    expect(decide({ controls: [gaps, fewer], runs: [passing(40, 0)] }).leftOut).toMatchObject([
      { missing: 10, expected: 30 },
    ]);
  });

  test('is named with the evaluator of which most is missing', () => {
    const [few, many] = [30, 10].map((judged) => inOrder([...repeated(judged, true), ...repeated(40 - judged, null)]));
    const sides = { spec, runs: [passing(40, 0)] };
    const { leftOut } = decideRuns([
      { path: 'first', ...sides, controls: [passing(40, 0), few ?? {}] },
      { path: 'second', ...sides, controls: [passing(40, 0), many ?? {}] },
      { path: 'third', ...sides, controls: [passing(40, 0), few ?? {}] },
    ]);
    expect(leftOut).toMatchObject([{ path: 'second', missing: 30 }]);
  });

  test('may be missing judgments of an evaluator that cannot be compared anyway', () => {
    const sides = { spec, runs: [passing(40, 0)] };
    const { leftOut } = decideRuns([
      { path: 'first', ...sides, controls: [passing(40, 0), passing(40, 0)] },
      { path: 'second', ...sides, controls: [passing(40, 0), half], obstacle: 'It did not judge the Run.' },
    ]);
    expect(leftOut).toEqual([]);
  });

  test('does not become complete by the Runs beside it, if it leads its side', () => {
    const { row } = decide({ controls: [passing(40, 0)], runs: [half, passing(40, 0)] });
    expect(row).toMatchObject({ verdict: 'incomplete', reason: expect.stringContaining('20 of the control’s 40') });
  });
});

describe('a Run that would make the gate more lenient than the leading one does, beyond chance', () => {
  const outage = passing(0, 200);
  const good = passing(190, 10);
  const half = passing(100, 100);

  test('is left out of the control: an outage of an older Run does not pull it down', () => {
    const { leftOut, controlRunIds, row } = decide({ controls: [good, outage, outage], runs: [half] });
    expect(leftOut).toEqual(
      ['rn_control2', 'rn_control3'].map((runId) => ({
        runId,
        path: 'tone',
        because: 'worse',
        together: false,
        p: expect.any(Number),
      })),
    );
    expect(leftOut.every((each) => each.because === 'worse' && each.p < 1e-50)).toBe(true);
    expect(controlRunIds).toEqual(['rn_control1']);
    expect(row).toMatchObject({ verdict: 'regressed', control: 0.95, run: 0.5 });
  });

  test('is left out of this Run’s side: a better Run of its version does not make up for it', () => {
    const { leftOut, runIds, row } = decide({ controls: [good], runs: [half, good, good] });
    expect(leftOut).toMatchObject([
      { runId: 'rn_run2', because: 'better' },
      { runId: 'rn_run3', because: 'better' },
    ]);
    expect(runIds).toEqual(['rn_run1']);
    expect(row.verdict).toBe('regressed');
  });

  test('counts all the same if it makes the gate stricter', () => {
    expect(decide({ controls: [half, good], runs: [good] })).toMatchObject({ leftOut: [], row: { control: 0.725 } });
    expect(decide({ controls: [good], runs: [good, outage] })).toMatchObject({ leftOut: [], row: { run: 0.475 } });
  });

  test('is found by every kind of evaluator, by the test that the gate itself uses', () => {
    const [high, low] = [inOrder(repeated(30, 4)), inOrder([...repeated(18, 4), ...repeated(12, 1)])];
    const number = { return_type: 'number', number_valence: 'positive', number_limits: { min: 1, max: 5 } };
    const other = { spec, controls: [passing(30, 0), passing(30, 0)], runs: [passing(30, 0)] };
    const pooled = decideRuns([other, { path: 'rating', spec: number, controls: [high, low], runs: [high] }]);
    expect(pooled.leftOut).toMatchObject([{ runId: 'rn_control2', path: 'rating', because: 'worse' }]);
    expect(pooled.controlRunIds).toEqual(['rn_control1']);
  });

  test('is held against p < 0.01 divided by the number of tests', () => {
    // Eight of 40 fell and none rose: p = 2^−9, which is 0.002.
    const [steady, worse] = [passing(40, 0), passing(32, 8)];
    const doubted = { path: 'tone', spec, controls: [steady, worse], runs: [steady] };
    const still = { path: 'other', spec, controls: [steady, steady], runs: [steady] };
    expect(decideRuns(repeated(5, doubted)).leftOut).toHaveLength(1);
    expect(decideRuns([doubted, ...repeated(4, still)]).leftOut).toHaveLength(1);
    expect(decideRuns([doubted, ...repeated(5, still)]).leftOut).toEqual([]);
    const among = (others: number) => decide({ controls: [steady, ...repeated(others, worse)], runs: [steady] });
    // Three further Runs: five tests, since the second and the third are also tested together with those before them.
    expect(among(3).leftOut).toHaveLength(3);
    expect(among(4).leftOut).toEqual([]);
  });

  test('may be so only together with the Runs before it: several that are a little worse add up', () => {
    // Each fails on six of 200 of its own, which chance may explain: p = 2^−7, above 0.01 / 3.
    const failingFrom = (start: number, fails: number) =>
      inOrder(Array.from({ length: 200 }, (_, at) => at < start || at >= start + fails));
    const [first, second] = [failingFrom(0, 6), failingFrom(6, 6)];
    const sides = { controls: [passing(200, 0), first, second], runs: [failingFrom(12, 7)] };
    const { leftOut, controlRunIds } = decide(sides);
    expect(leftOut).toMatchObject([{ runId: 'rn_control3', because: 'worse', together: true }]);
    expect(controlRunIds).toEqual(['rn_control1', 'rn_control2']);
    const better = decide({ controls: [first], runs: [failingFrom(0, 12), failingFrom(0, 6), failingFrom(6, 6)] });
    expect(better.leftOut).toMatchObject([{ runId: 'rn_run3', because: 'better', together: true }]);
  });

  test('is named with the evaluator that shows it most clearly', () => {
    const sides = (path: string, fails: number) => ({
      path,
      spec,
      controls: [passing(60, 0), passing(60 - fails, fails)],
      runs: [passing(60, 0)],
    });
    const { leftOut } = decideRuns([sides('first', 15), sides('second', 40), sides('third', 20)]);
    expect(leftOut).toMatchObject([{ path: 'second', because: 'worse' }]);
  });

  test('counts only where the leading Run has a usable judgment, on either side', () => {
    const gaps = (judgment: boolean | null, others: boolean[]) => inOrder([...repeated(8, judgment), ...others]);
    const steady = repeated(92, true);
    const broken = [...repeated(9, false), ...repeated(83, true)];
    // The further control fails where the control has nothing, and the Run passes there.
    const control = decide({ controls: [gaps(null, steady), gaps(false, steady)], runs: [gaps(true, broken)] });
    expect(control).toMatchObject({ row: { verdict: 'regressed', n: 92, control: 1, worse: 9 }, leftOut: [] });
    // Another Run of this version passes where this one has nothing.
    const own = decide(
      { controls: [gaps(false, steady)], runs: [gaps(null, broken), gaps(true, broken)] },
      { maxMissing: 0.1 },
    );
    expect(own).toMatchObject({ row: { verdict: 'regressed', n: 92, lost: 8, worse: 9, better: 0 }, leftOut: [] });
  });

  test('does not widen a drop that is tolerated in per cent, however far one of its numbers lies', () => {
    const number = { return_type: 'number', number_valence: 'positive' };
    const [values, far] = [repeated(60, 100), [-1e6, ...repeated(59, 100)]];
    const run = inOrder(repeated(60, 90));
    const result = decideRuns([{ spec: number, controls: [values, far].map(inOrder), runs: [run] }]);
    expect(result).toMatchObject({ leftOut: [], regressed: ['evaluator'] });
    expect(result.evaluators[0]?.row.max_drop).toBeCloseTo(2, 12);
  });

  test('cannot be said if they share no datapoint', () => {
    const others = Object.fromEntries(repeated(10, [false]).map((judgment, at) => [`other${at}`, judgment]));
    const { leftOut } = decide({ controls: [passing(10, 0), others], runs: [passing(10, 0)] }, { maxMissing: 1 });
    expect(leftOut).toEqual([]);
  });
});

describe('Runs of one version that disagree among themselves', () => {
  const outage = passing(10, 90);

  test('are named with the evaluator of which they do', () => {
    const { disagreements, row } = decide({
      controls: [outage, passing(90, 10), passing(88, 12)],
      runs: [passing(90, 10)],
    });
    expect(disagreements).toEqual([{ side: 'control', path: 'tone', p: expect.any(Number) }]);
    expect(disagreements[0]?.p).toBeLessThan(1e-6);
    // A note is no warning.
    expect(row.warning).toBe(false);
  });

  test('are so on this Run’s side too', () => {
    const { disagreements } = decide({ controls: [passing(90, 10)], runs: [passing(90, 10), outage] });
    expect(disagreements).toMatchObject([{ side: 'run' }]);
  });

  test('are not if they differ as chance has it, or if there is only one', () => {
    expect(decide({ controls: [passing(90, 10), passing(88, 12)], runs: [outage] }).disagreements).toEqual([]);
    expect(decide({ controls: [passing(90, 10)], runs: [outage] }).disagreements).toEqual([]);
  });

  test('are held against p < 0.01 divided by the number of tests', () => {
    // Eight changed: chi-squared 8 with 1 degree of freedom, p = 0.0047.
    const [steady, worse] = [passing(40, 0), passing(32, 8)];
    const doubted = { path: 'tone', spec, controls: [worse, steady], runs: [steady] };
    const still = { path: 'other', spec, controls: [passing(38, 2), passing(39, 1)], runs: [steady] };
    expect(decideRuns([doubted]).disagreements).toHaveLength(1);
    expect(decideRuns([doubted, still, still]).disagreements).toEqual([]);
    // Without a datapoint that differs there is no test, nor with Runs that cannot be compared.
    const same = { path: 'other', spec, controls: [steady, steady], runs: [steady] };
    expect(decideRuns([doubted, same, { ...still, obstacle: 'It did not judge the Run.' }]).disagreements).toHaveLength(
      1,
    );
    expect(decideRuns([{ ...doubted, obstacle: 'It did not judge the Run.' }, same]).disagreements).toEqual([]);
  });

  test('numbers and options are not tested', () => {
    const number = { return_type: 'number', number_valence: 'positive' };
    const values = (value: number) => inOrder(repeated(60, value));
    expect(decideRuns([{ spec: number, controls: [values(0), values(1)], runs: [values(1)] }]).disagreements).toEqual(
      [],
    );
  });
});
