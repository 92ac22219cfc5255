/** What one evaluator's verdict says, as a sentence. */
import { expect, test } from '@jest/globals';
import { text } from '../../src/report/log.ts';
import type { Row } from '../../src/report/report.ts';
import { rowSentence } from '../../src/report/story.ts';
import { createRow } from '../support/sample-reports.ts';

/** A number without limits: 100 on the control, of which 2 may be lost. */
const cost = createRow({
  path: 'cost',
  type: 'number',
  n: 200,
  worse: 39,
  better: 161,
  control: 100,
  run: 95,
  difference: -5,
  median: -4,
  max_drop: 2,
  p: 0.001,
  p_adjusted: 0.001,
});
const far = { run: 150, difference: 50, median: 0.5, hidden_drop: true } as const;

test.each<[string, Partial<Row>, string]>([
  [
    'a drop of the mean',
    { verdict: 'regressed' },
    'cost fell by 5.00, from 100.00 to 95.00: more than the 2.00 tolerated, and more than chance explains.',
  ],
  [
    'a drop of the median',
    { verdict: 'regressed', difference: 50, run: 150 },
    'cost got worse by 4.0 in its median, which a few extreme judgments hide in the mean: more than the 2.0 tolerated, and more than chance explains.',
  ],
  [
    'a drop that far rises hide in both',
    { verdict: 'regressed', ...far },
    'cost got worse in 39 datapoints and better in 161, which rose so far that the mean hides it. If no rise counts for more than the largest fall, it fell by more than the 2.0 tolerated, and more than chance explains.',
  ],
  [
    'such a drop that chance can explain',
    { verdict: 'inconclusive', warning: true, ...far },
    'cost got worse in 39 datapoints and better in 161, which rose so far that the mean hides it. If no rise counts for more than the largest fall, it fell by more than the 2.0 tolerated, but chance can explain it.',
  ],
  [
    'a drop of the median beside a mean that is safe',
    { verdict: 'no regression', warning: true, difference: 1, run: 101 },
    'cost got worse by 4.00 in its median, which a few extreme judgments hide in the mean: more than the 2.00 tolerated, but chance can explain it.',
  ],
  [
    'a drop of just what is tolerated, but for rounding',
    {
      verdict: 'inconclusive',
      warning: true,
      difference: -2.0000000000000004,
      run: 98,
      median: -1,
      worse: 160,
      better: 3,
    },
    'cost fell by 2.00, from 100.00 to 98.00: not by more than the 2.00 tolerated. It got worse in 160 datapoints and better in 3, and chance does not explain that.',
  ],
])('%s', (_, fields, sentence) => {
  expect(rowSentence({ ...cost, ...fields }, 'cost', text)).toBe(sentence);
});
