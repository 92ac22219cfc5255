import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { EvaluatorLog, Log } from '../../src/humanloop/schemas.ts';
import { createProof, type Progress, progressOfStats, totalsOf } from '../../src/wait/progress.ts';
import { createEvaluator, createJudgment, createLog } from '../support/awaited-run.ts';

const tone = createEvaluator('checks/tone');
const length = createEvaluator('checks/length');
const evaluators = [tone, length];

function prove(logs: readonly Log[], datapoints?: number): Progress {
  const proof = createProof(evaluators, datapoints);
  for (const log of logs) proof.add(log);
  return proof.progress();
}

const judgedOf = ({ evaluators: rows }: Progress) => rows.map(({ judged }) => judged);

describe('the proof', () => {
  const judgment = fc.record(
    {
      evaluator: fc.constantFrom(
        ...[tone, length, createEvaluator('checks/tone', { version_id: 'evv_older' })].map(({ version_id }) => ({
          version_id,
        })),
        null,
        undefined,
      ),
      judgment: fc.constantFrom(true, false, null, undefined, 0, '', []),
      error: fc.constantFrom('The evaluator failed.', '', null, undefined),
    },
    { requiredKeys: ['evaluator'] },
  );
  const datapointOf = fc.constantFrom('dp_1', 'dp_2', 'dp_3', undefined);
  const logs = fc
    .array(
      fc.record({ datapoint: datapointOf, source: datapointOf, judgments: fc.array(judgment, { maxLength: 5 }) }),
      {
        maxLength: 6,
      },
    )
    .map((records) =>
      records.map(
        ({ datapoint, source, judgments }, index): Log => ({
          run_id: 'rn_1',
          ...(datapoint && { datapoint: { id: datapoint } }),
          log: { id: `log_${index}`, ...(source && { source_datapoint_id: source }) },
          evaluator_logs: judgments,
        }),
      ),
    );
  const judgedBy = (log: Log, { version_id }: EvaluatorLog['evaluator'] & object) =>
    (log.evaluator_logs ?? []).some(({ evaluator }) => evaluator?.version_id === version_id);
  const datapointIdOf = ({ datapoint, log }: Log) => datapoint?.id ?? log.source_datapoint_id;

  test('is what is asked for: each datapoint has a Log, and each Log something from each evaluator', () => {
    fc.assert(
      fc.property(logs, fc.option(fc.nat(4), { nil: undefined }), (records, datapoints) => {
        const { finished, expected, uncovered, evaluators: rows } = prove(records, datapoints);
        const told = new Set(records.map(datapointIdOf).filter((id) => id !== undefined));
        const covered = told.size > 0 ? told.size : records.length;
        expect(finished).toBe(
          records.length > 0 &&
            covered >= (datapoints ?? 0) &&
            records.every((log) => evaluators.every((evaluator) => judgedBy(log, evaluator))),
        );
        expect(expected).toBe(Math.max(records.length, datapoints ?? 0));
        expect(uncovered).toBe(Math.max(0, (datapoints ?? 0) - covered));
        for (const { evaluator, judged } of rows) {
          expect(judged).toBe(records.filter((log) => judgedBy(log, evaluator)).length);
        }
      }),
    );
  });

  test('does not depend on the order of the Logs and of their judgments', () => {
    const twoOrders = logs.chain((records) =>
      fc.tuple(fc.constant(records), fc.shuffledSubarray(records, { minLength: records.length })),
    );
    fc.assert(
      fc.property(twoOrders, fc.nat(4), ([records, shuffled], datapoints) => {
        const turned = shuffled.map((log) => ({ ...log, evaluator_logs: (log.evaluator_logs ?? []).toReversed() }));
        expect(prove(turned, datapoints)).toEqual(prove(records, datapoints));
      }),
    );
  });

  test('takes nulls and errors for judgments', () => {
    const failed = { ...createJudgment(length, null), error: 'The evaluator failed.' };
    const { finished } = prove([createLog(0, [], { evaluator_logs: [createJudgment(tone, null), failed] })]);
    expect(finished).toBe(true);
  });

  test('takes no judgment for that of another version or of nobody', () => {
    const older = createEvaluator('checks/tone', { version_id: 'evv_older' });
    const log = createLog(0, [older, length], {});
    expect(judgedOf(prove([log]))).toEqual([0, 1]);
    expect(judgedOf(prove([{ ...log, evaluator_logs: [{ judgment: true, error: null }] }]))).toEqual([0, 0]);
    expect(judgedOf(prove([{ ...log, evaluator_logs: null }]))).toEqual([0, 0]);
  });

  test('does not let a Log that names no datapoint stand for a datapoint without a Log', () => {
    const stray = createLog(9, evaluators, { datapoint: null, log: { id: 'log_stray' } });
    const source = createLog(8, evaluators, { datapoint: null, log: { id: 'log_8', source_datapoint_id: 'dp_8' } });
    expect(prove([createLog(0, evaluators), stray], 2)).toMatchObject({ finished: false, uncovered: 1 });
    expect(prove([createLog(0, evaluators), source], 2)).toMatchObject({ finished: true, uncovered: 0 });
    // If no Log names its datapoint, they can only be counted.
    expect(prove([stray, { ...stray, log: { id: 'log_other' } }], 2).finished).toBe(true);
  });

  test('of two Logs for a datapoint asks for judgments of both', () => {
    const again = createLog(0, [tone], { log: { id: 'log_again' } });
    expect(prove([createLog(0, evaluators), again], 1)).toMatchObject({ finished: false, expected: 2 });
    expect(judgedOf(prove([createLog(0, evaluators), again], 1))).toEqual([2, 1]);
  });
});

describe('the stats', () => {
  const stats = fc.record({
    run_id: fc.constant('rn_1'),
    num_logs: fc.nat(8),
    status: fc.string(),
    evaluator_stats: fc.array(
      fc.record({
        evaluator_version_id: fc.constantFrom(tone.version_id, length.version_id, 'evv_other'),
        total_logs: fc.nat(16),
      }),
      { maxLength: 4 },
    ),
  });

  test('never suggest more judgments than there are Logs, nor that a Run without Logs is finished', () => {
    fc.assert(
      fc.property(
        fc.option(stats, { nil: undefined }),
        fc.option(fc.nat(8), { nil: undefined }),
        (each, datapoints) => {
          const suggested = progressOfStats(each, evaluators, datapoints);
          const logs = each?.num_logs ?? 0;
          expect(suggested.expected).toBe(Math.max(logs, datapoints ?? 0));
          for (const judged of judgedOf(suggested)) expect(judged).toBeLessThanOrEqual(logs);
          if (suggested.finished) {
            expect(logs).toBeGreaterThanOrEqual(Math.max(1, datapoints ?? 0));
            expect(judgedOf(suggested)).toEqual([logs, logs]);
          }
          const { judged, expected } = totalsOf(suggested);
          expect(judged).toBeLessThanOrEqual(expected);
        },
      ),
    );
  });

  test('are joined with the evaluators by the id of the version', () => {
    const counts = { evaluator_version_id: length.version_id, total_logs: 3 };
    const suggested = progressOfStats(
      { run_id: 'rn_1', num_logs: 4, status: 'running', evaluator_stats: [counts] },
      evaluators,
      6,
    );
    expect(judgedOf(suggested)).toEqual([0, 3]);
    expect(totalsOf(suggested)).toEqual({ judged: 3, expected: 12 });
  });
});
