import { describe, expect, test } from '@jest/globals';
import { changedForTheWorse } from '../../src/compare/datapoints.ts';
import { decideExamples, type Example, inOrder, passOrFail } from '../support/compared.ts';

const marks = { return_type: 'number', number_valence: 'positive' };
const always = { maxMissing: 1 };

/** The datapoints that a gate on these evaluators names. */
function namedBy(examples: readonly Example[], max = 10, settings: Parameters<typeof decideExamples>[1] = {}) {
  return changedForTheWorse(decideExamples(examples, settings).evaluators, max);
}

const idsOf = (changed: ReturnType<typeof namedBy>) => changed?.shown.map(({ id }) => id);

/** So many datapoints that the drops of a few are a regression: d0, d1, … drop by these. */
function dropping(drops: readonly number[], path = 'marks'): Example {
  const control = inOrder(Array.from({ length: 40 }, () => 5));
  const run = inOrder(Array.from({ length: 40 }, (_, at) => 5 - (drops[at] ?? 0)));
  return { path, spec: marks, control, run };
}

describe('the datapoints that a report names', () => {
  test('are the worst first, ties by id', () => {
    const changed = namedBy([dropping([1, 3, 2, 3, 1, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1])], 6);
    expect(idsOf(changed)).toEqual(['d1', 'd3', 'd2', 'd5', 'd6', 'd0']);
    expect(changed).toMatchObject({ worse: 15, notJudged: 0, columns: [{ worse: 15, better: 0 }] });
  });

  test('weigh a change beside the largest of its evaluator, and add up', () => {
    const coarse = dropping([100, 50, 50, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10], 'coarse');
    const fine = dropping([0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], 'fine');
    const changed = namedBy([coarse, fine], 4);
    // 0.5 + 1, 0.1 + 1, …
    expect(idsOf(changed)).toEqual(['d2', 'd10', 'd11', 'd12']);
    expect(changed?.columns.map(({ row }) => row.path)).toEqual(['coarse', 'fine']);
  });

  test('come with what got better by another evaluator, and nothing for what did not change', () => {
    const worse = { ...passOrFail({ worse: 20, passed: 20 }), path: 'exact' };
    const changed = namedBy(
      [worse, { ...dropping([-1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]), path: 'marks' }],
      100,
    );
    const cells = new Map(changed?.shown.map(({ id, cells }) => [id, cells]));
    expect(cells.get('d0')).toMatchObject([{ difference: -1 }, { difference: 1 }]);
    expect(cells.get('d1')).toMatchObject([{ difference: -1 }, undefined]);
  });

  test('are those of evaluators that regressed or have a warning, not of others', () => {
    const warned = { ...passOrFail({ worse: 4, passed: 36 }), path: 'warned' };
    const held = { ...passOrFail({ worse: 1, better: 1, passed: 298 }), path: 'held' };
    expect(namedBy([held])).toBeUndefined();
    expect(namedBy([held, warned])?.columns.map(({ row }) => row.path)).toEqual(['warned']);
  });

  test('are none if a gate is incomplete for another reason than missing judgments', () => {
    expect(
      namedBy([{ ...passOrFail({ worse: 20, passed: 20 }), obstacle: 'Another version judged.' }]),
    ).toBeUndefined();
  });

  test('put last what is only missing, which has no size', () => {
    const { spec, control, run } = passOrFail({ worse: 1, passed: 39 });
    const missing = Object.fromEntries(Object.entries(run).slice(0, 36));
    const changed = namedBy([{ spec, control, run: missing }], 3);
    expect(changed).toMatchObject({
      worse: 1,
      notJudged: 4,
      shown: [
        { id: 'd0', cells: [{ difference: -1 }] },
        { id: 'd36', cells: ['missing'] },
        { id: 'd37', cells: ['missing'] },
      ],
    });
  });

  test('of more evaluators than a table has columns are counted, and every row has a cell that changed', () => {
    const examples = Array.from({ length: 9 }, (_, at) => ({
      ...passOrFail({ worse: 20, passed: 20 }),
      path: `e${at}`,
    }));
    const last = {
      path: 'e9',
      spec: { return_type: 'boolean' },
      control: inOrder(Array.from({ length: 40 }, () => true)),
      run: inOrder(Array.from({ length: 40 }, (_, at) => at < 20)),
    };
    const changed = namedBy([...examples, last], 100, always);
    expect(changed).toMatchObject({ furtherEvaluators: 4, worse: 40 });
    expect(changed?.columns).toHaveLength(6);
    expect(changed?.shown).toHaveLength(20);
    for (const { cells } of changed?.shown ?? [])
      expect(cells).toContainEqual(expect.objectContaining({ difference: -1 }));
  });

  test('are none to be shown, and counted all the same', () => {
    expect(namedBy([passOrFail({ worse: 20, passed: 20 })], 0)).toMatchObject({ shown: [], worse: 20 });
  });
});
