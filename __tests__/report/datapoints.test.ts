import { describe, expect, test } from '@jest/globals';
import type { Change } from '../../src/gate/changes.ts';
import { amountInWords, cellWords, chanceSentence, worstInWords } from '../../src/report/datapoints.ts';
import { text } from '../../src/report/log.ts';
import type { ChangedDatapoints, Row } from '../../src/report/report.ts';
import { createChange, createRow } from '../support/sample-reports.ts';

const label = ({ path }: Row) => path;
const passOrFail = createRow({ path: 'exact-match' });

describe('what an evaluator said before and after', () => {
  test.each<[what: string, row: Partial<Row>, change: Partial<Change>, words: string]>([
    ['pass or fail', {}, { control_judgments: [true], run_judgments: [false] }, 'pass → fail'],
    ['where true is bad', { direction: 'lower' }, { control_judgments: [false], run_judgments: [true] }, 'pass → fail'],
    [
      'the history of a datapoint',
      {},
      { control_judgments: [true, true, true, true, true], run_judgments: [false, false] },
      '5/5 → 0/2',
    ],
    [
      'the history where true is bad',
      { direction: 'lower' },
      { control_judgments: [false, false, true], run_judgments: [true] },
      '2/3 → fail',
    ],
    ['a mark', { type: 'number' }, { control_judgments: [4], run_judgments: [2] }, '4 → 2'],
    ['a small cost', { type: 'number' }, { control_judgments: [0.0000073], run_judgments: [-0.5] }, '0.0000073 → −0.5'],
    [
      'means of marks',
      { type: 'number', low: -1, high: 1 },
      { control: 3.5, control_judgments: [3, 4], run: 2, run_judgments: [2] },
      '3.5 → 2',
    ],
    ['an option', { type: 'select' }, { control_judgments: ['polite'], run_judgments: ['rude'] }, 'polite → rude'],
    [
      'several options',
      { type: 'multi_select' },
      { control_judgments: [['brief', 'clear']], run_judgments: [[]] },
      'brief, clear → none',
    ],
    [
      'more options than a cell has room for',
      { type: 'multi_select' },
      { control_judgments: [['a', 'b', 'c', 'd', 'e']], run_judgments: [['f']] },
      'a, b, c +2 → f',
    ],
    [
      'means of options',
      { type: 'select' },
      { control: 1, control_judgments: ['good', 'good'], run: 0.5, run_judgments: ['good', 'bad'] },
      '100.0% → 50.0%',
    ],
  ])('%s', (_, row, change, words) => {
    expect(cellWords(createChange('d1', change), { ...passOrFail, ...row }, text)).toBe(words);
  });

  test('nothing if it did not change, and that the Run was not judged', () => {
    expect(cellWords(undefined, passOrFail, text)).toBe('');
    expect(cellWords('missing', passOrFail, text)).toBe('not judged');
  });
});

interface Counts {
  readonly worse: number;
  readonly better: number;
}

function changedBy(counts: readonly Counts[], changes: Partial<ChangedDatapoints> = {}): ChangedDatapoints {
  return {
    columns: counts.map((count, at) => ({ row: createRow({ path: 'abc'.charAt(at) }), ...count })),
    furtherEvaluators: 0,
    shown: [],
    worse: counts.reduce((sum, { worse }) => sum + worse, 0),
    notJudged: 0,
    ...changes,
  };
}

describe('how much of it is chance', () => {
  test.each<[counts: readonly Counts[], sentence: string]>([
    [
      [{ worse: 27, better: 3 }],
      'At least 3 of these 27 would have changed without any cause: 3 changed for the better.',
    ],
    [
      [{ worse: 5, better: 8 }],
      'At least 5 of these 5 would have changed without any cause: 8 changed for the better.',
    ],
    [[{ worse: 27, better: 0 }], ''],
    [
      [
        { worse: 27, better: 3 },
        { worse: 66, better: 15 },
      ],
      'At least 3 of the 27 by a and 15 of the 66 by b would have changed without any cause: as many changed for the better.',
    ],
    [
      [
        { worse: 27, better: 3 },
        { worse: 6, better: 0 },
      ],
      'At least 3 of the 27 by a would have changed without any cause: 3 changed for the better.',
    ],
  ])('of %j is said in one sentence', (counts, sentence) => {
    expect(chanceSentence(changedBy(counts), label, text)).toBe(sentence);
  });
});

describe('the amount', () => {
  test.each([
    [1, 0, '1 datapoint changed for the worse'],
    [27, 0, '27 datapoints changed for the worse'],
    [27, 1, '27 datapoints changed for the worse, and 1 was not judged'],
    [0, 12, '12 datapoints were not judged'],
  ])('of %i worse and %i missing: %s', (worse, notJudged, words) => {
    expect(amountInWords(changedBy([], { worse, notJudged }))).toBe(words);
  });
});

describe('the log', () => {
  const shown = ['d1', 'd2', 'd3', 'd4'].map((id) => ({
    id,
    cells: [createChange(id, { control_judgments: [true], run_judgments: [false] })],
  }));

  test('names the first three', () => {
    expect(worstInWords(changedBy([{ worse: 5, better: 0 }], { shown }), label, text)).toBe(
      '5 datapoints changed for the worse: d1 (a pass → fail); d2 (a pass → fail); d3 (a pass → fail); and 2 more in comparison-file.',
    );
  });

  test('names none if none are to be shown', () => {
    expect(worstInWords(changedBy([{ worse: 5, better: 0 }]), label, text)).toBe(
      '5 datapoints changed for the worse, all of them in comparison-file.',
    );
  });
});
