/** Gates of several Runs on a side, Log by Log, against an independent implementation. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { describeEvaluator, type EvaluatorSettings } from '../../src/gate/evaluator.ts';
import { decideGate, type GateSettings } from '../../src/gate/gate.ts';
import { addLog, collectLogs } from '../../src/gate/run-logs.ts';
import type { ComparedRuns } from '../../src/gate/sides.ts';
import { riseIsWorse } from '../../src/gate/unit.ts';

/** A Run by datapoint: its Logs, each with what one evaluator said of it. */
type RunOfOne = Readonly<Record<string, readonly (readonly [logId: string, judgments: readonly unknown[]])[]>>;

interface PooledExample {
  readonly title: string;
  readonly input: readonly {
    readonly name: string;
    readonly kind: string;
    readonly direction?: 'higher' | 'lower';
    readonly limits?: { readonly min: number; readonly max?: number };
    readonly options?: Readonly<Record<string, string>>;
    readonly max_drop?: number | string;
    readonly controls: readonly RunOfOne[];
    readonly candidates: readonly RunOfOne[];
  }[];
  readonly config_overrides: {
    readonly mode: GateSettings['mode'];
    readonly max_drop: number;
    readonly confidence: number;
    readonly max_missing: number;
  };
  readonly expected: {
    readonly gate: 'pass' | 'fail';
    readonly family_size: number;
    readonly control_kept: readonly number[];
    readonly run_kept: readonly number[];
    readonly disagree: readonly (readonly [path: string, side: 'controls' | 'candidates', p: number])[];
    readonly evaluators: readonly Readonly<Record<string, number | string | boolean | null>>[];
  };
}

const file = new URL('../fixtures/gate/pooled_examples.json', import.meta.url);
const examples: readonly PooledExample[] = JSON.parse(readFileSync(file, 'utf8'));

const idOf = (side: 'controls' | 'candidates', index: number) => `${side}/${index}`;

function idsOf(runs: readonly RunOfOne[], side: 'controls' | 'candidates'): [string, ...string[]] {
  const [, ...others] = runs;
  return [idOf(side, 0), ...others.map((_, index) => idOf(side, index + 1))];
}

function settingsOf({ kind, direction, max_drop }: PooledExample['input'][number]): EvaluatorSettings {
  const takesDirection = kind === 'boolean' || kind === 'number';
  return {
    direction: takesDirection ? direction : undefined,
    maxDrop:
      typeof max_drop === 'string'
        ? { percent: Number.parseFloat(max_drop) }
        : max_drop === undefined
          ? undefined
          : { amount: max_drop },
  };
}

function decide({ input, config_overrides: config }: PooledExample) {
  const evaluators = input.map(({ name, kind, limits, options = {}, ...rest }) =>
    describeEvaluator(
      { path: name, versionId: `v_${name}` },
      {
        return_type: kind,
        number_limits: limits,
        options: Object.entries(options).map(([option, valence]) => ({ name: option, valence })),
      },
      settingsOf({ name, kind, ...rest }),
    ),
  );
  const [first] = input;
  const ids: ComparedRuns = {
    control: idsOf(first?.controls ?? [], 'controls'),
    run: idsOf(first?.candidates ?? [], 'candidates'),
  };
  const collected = collectLogs(evaluators, [...ids.control, ...ids.run]);
  for (const side of ['controls', 'candidates'] as const) {
    for (const index of first?.[side].keys() ?? []) {
      // All evaluators list the same Logs.
      for (const [datapoint, logs] of Object.entries(first?.[side][index] ?? {})) {
        for (const [at, [logId]] of logs.entries()) {
          addLog(collected, {
            run_id: idOf(side, index),
            log: { id: logId },
            datapoint: { id: datapoint },
            evaluator_logs: input.flatMap(({ name, [side]: runs }) =>
              (runs[index]?.[datapoint]?.[at]?.[1] ?? []).map((judgment) => ({
                evaluator: { version_id: `v_${name}`, path: name },
                ...(judgment === 'error' ? { judgment: null, error: 'It failed.' } : { judgment }),
              })),
            ),
          });
        }
      }
    }
  }
  const settings = {
    mode: config.mode,
    maxDrop: { amount: config.max_drop },
    confidence: config.confidence,
    maxMissing: config.max_missing,
  };
  return decideGate(
    evaluators.map((evaluator) => ({ evaluator, obstacle: null })),
    collected,
    ids,
    settings,
  );
}

/** Of the specification, in scores, and of the row, in its own unit and sign. */
const columns = [
  ['control_mean', 'control', true],
  ['candidate_mean', 'run', true],
  ['delta', 'difference', true],
  ['median', 'median', true],
  ['p_worse', 'p', false],
  ['p_worse_adj', 'p_adjusted', false],
  ['margin', 'max_drop', false],
] as const;

describe.each(examples)('$title', (example) => {
  const { expected } = example;
  const result = decide(example);

  test('the same Runs count, and the same disagree', () => {
    expect(result.controlRunIds).toEqual(expected.control_kept.map((index) => idOf('controls', index)));
    expect(result.runIds).toEqual(expected.run_kept.map((index) => idOf('candidates', index)));
    expect(result.disagreements).toEqual(
      expected.disagree.map(([path, side, p]) => ({
        path,
        side: side === 'controls' ? 'control' : 'run',
        p: expect.closeTo(p, 9),
      })),
    );
  });

  test('gate and family', () => {
    expect(result.gate).toBe(expected.gate === 'pass' ? 'passed' : 'failed');
    expect(result.familySize).toBe(expected.family_size);
  });

  test.each(expected.evaluators.map((evaluator, index) => ({ ...evaluator, index })))(
    '$name: $verdict',
    ({ index }) => {
      const [evaluator, row] = [expected.evaluators[index], result.evaluators[index]?.row];
      if (!evaluator || !row) throw new Error('The specification has a row for each evaluator.');
      expect(row).toMatchObject({
        verdict: evaluator.verdict,
        warning: evaluator.warn ?? false,
        n: evaluator.n ?? null,
      });
      if (row.verdict === 'incomplete') return;
      for (const [theirs, ours, hasSign] of columns) {
        const value = evaluator[theirs];
        if (typeof value !== 'number') expect(row[ours]).toBeNull();
        else expect(row[ours]).toBeCloseTo(hasSign && riseIsWorse(row) ? -value : value, 9);
      }
    },
  );
});
