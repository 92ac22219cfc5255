import { describe, expect, test } from '@jest/globals';
import { evaluatorLog } from '../../sandbox/evaluations.ts';
import { askQuestion, replyLog } from '../../sandbox/outcomes.ts';
import { evaluatorStats } from '../../sandbox/stats.ts';
import { type EvaluatorName, evaluatorVersion, promptVersion } from '../../sandbox/versions.ts';
import type { EvaluatorLog, Judgment } from '../../sandbox/wire.ts';

const now = '2025-03-03T09:00:00.000Z';
const log = replyLog(
  'rn_1',
  promptVersion('baseline'),
  askQuestion('one', 0),
  { correct: true, tone: 'neutral', helpfulness: 3, seconds: 1 },
  new Date(now),
);

/** Judgments of one Log; an Error is one that failed. */
function judgments(name: EvaluatorName, values: (Judgment | null | Error)[]): EvaluatorLog[] {
  return values.map((value, index) => {
    const said = value instanceof Error ? { judgment: null, error: value.message } : { judgment: value, error: null };
    return evaluatorLog(evaluatorVersion(name), log, said, now, index);
  });
}

function statsOf(name: EvaluatorName, values: (Judgment | null | Error)[]) {
  return evaluatorStats(evaluatorVersion(name), judgments(name, values));
}

const failed = new Error('timed out');

test('nulls and errors count as Logs, but not as judgments', () => {
  expect(statsOf('reviewer-remarks', ['Good.', null, failed, null, 'Bad.', failed, failed])).toEqual({
    evaluator_version_id: evaluatorVersion('reviewer-remarks').version_id,
    total_logs: 7,
    num_judgments: 2,
    num_nulls: 2,
    num_errors: 3,
  });
});

test('booleans are counted by value', () => {
  const stats = statsOf('exact-match', [true, false, true, null, failed, true]);
  expect(stats).toMatchObject({ num_judgments: 4, num_true: 3, num_false: 1 });
});

test('options are counted, those that nobody chose too', () => {
  const stats = statsOf('tone', ['friendly', 'curt', 'friendly', null]);
  expect(stats).toMatchObject({ num_judgments_per_option: { friendly: 2, neutral: 0, curt: 1 } });
});

describe('numbers', () => {
  test('have mean, sum, sample standard deviation and percentiles', () => {
    expect(statsOf('helpfulness', [4, 1, failed, 3, 5, null, 2])).toMatchObject({
      num_judgments: 5,
      mean: 3,
      sum: 15,
      std: expect.closeTo(Math.sqrt(2.5), 12),
      percentiles: {
        10: expect.closeTo(1.4, 12),
        25: 2,
        50: 3,
        75: 4,
        90: expect.closeTo(4.6, 12),
      },
    });
  });

  test('have no standard deviation where there is but one', () => {
    expect(statsOf('latency', [1.5])).toMatchObject({ mean: 1.5, sum: 1.5, std: null, percentiles: { 50: 1.5 } });
  });

  test('have no mean where there is none', () => {
    expect(statsOf('latency', [null, failed])).toMatchObject({ mean: null, sum: null, std: null, percentiles: {} });
  });
});

test('judgments of other Evaluators are left out', () => {
  const logs = [...judgments('exact-match', [true]), ...judgments('latency', [1, 2])];
  expect(evaluatorStats(evaluatorVersion('exact-match'), logs)).toMatchObject({ total_logs: 1, num_true: 1 });
});
