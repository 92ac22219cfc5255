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
    expect(leftOut).toEqual([{ runId: 'rn_control2', path: 'tone', missing: 20, expected: 40 }]);
    expect(controlRunIds).toEqual(['rn_control1', 'rn_control3']);
    expect(row.control).toBeCloseTo(78 / 80, 12);
  });

  test('is left out of this Run’s side in the same way', () => {
    const { leftOut, runIds } = decide({ controls: [passing(40, 0)], runs: [passing(40, 0), half] });
    expect(leftOut).toMatchObject([{ runId: 'rn_run2', missing: 20 }]);
    expect(runIds).toEqual(['rn_run1']);
  });

  test('may be missing as much as max-missing says', () => {
    expect(decide({ controls: [passing(40, 0), half], runs: [passing(40, 0)] }, { maxMissing: 0.5 }).leftOut).toEqual(
      [],
    );
  });

  test('does not become complete by the Runs beside it, if it leads its side', () => {
    const { row } = decide({ controls: [passing(40, 0)], runs: [half, passing(40, 0)] });
    expect(row).toMatchObject({ verdict: 'incomplete', reason: expect.stringContaining('20 of the control’s 40') });
  });
});

describe('Runs of one version that disagree among themselves', () => {
  const outage = passing(10, 90);

  test('are named with the evaluator of which they do', () => {
    const { disagreements, row } = decide({
      controls: [passing(90, 10), outage, passing(88, 12)],
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
    // Eight changed for the worse: chi-squared 8 with 1 degree of freedom, p = 0.0047.
    const [steady, worse] = [passing(40, 0), passing(32, 8)];
    const doubted = { path: 'tone', spec, controls: [steady, worse], runs: [steady] };
    const still = { path: 'other', spec, controls: [passing(39, 1), passing(38, 2)], runs: [steady] };
    expect(decideRuns([doubted]).disagreements).toHaveLength(1);
    expect(decideRuns([doubted, still, still]).disagreements).toEqual([]);
  });

  test('numbers and options are not tested', () => {
    const number = { return_type: 'number', number_valence: 'positive' };
    const values = (value: number) => inOrder(repeated(60, value));
    expect(decideRuns([{ spec: number, controls: [values(1), values(0)], runs: [values(1)] }]).disagreements).toEqual(
      [],
    );
  });
});
