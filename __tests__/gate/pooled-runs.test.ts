import { describe, expect, test } from '@jest/globals';
import { type PoolSizes, runsToPool } from '../../src/gate/pooled-runs.ts';
import { type Run, runSchema } from '../../src/humanloop/run.ts';
import { createRun } from '../support/create-run.ts';

const dataset = { id: 'ds_1', version_id: 'dsv_1', path: 'Support/Questions', datapoints_count: 40 };
const version = { type: 'prompt', version_id: 'prv_old', path: 'Support/Answer' };

/** A completed Run of the control's version. */
const older = (id: string, created_at: string, changes: object = {}): Run =>
  runSchema.parse(createRun({ id, status: 'completed', version, dataset, created_at, ...changes }));
const control = older('rn_control', '2025-03-01T00:00:00Z', { control: true });
const run = runSchema.parse(createRun({ id: 'rn_1', version: { ...version, version_id: 'prv_new' }, dataset }));

function pooled(others: readonly Run[], sizes: PoolSizes = { control: 3, own: 1 }, sides = { run, control }) {
  const result = runsToPool(sides, [sides.run, sides.control, ...others], sizes);
  return { control: result.control.map(({ id }) => id), run: result.run.map(({ id }) => id), notes: result.notes };
}

describe('Runs of the control’s version', () => {
  test('are taken by time, the newest first, ties by id, up to the number requested', () => {
    const others = [
      older('rn_b', '2025-02-01T00:00:00Z'),
      older('rn_a', '2025-02-01T01:00:00+01:00'),
      older('rn_new', '2025-02-10T09:00:00Z'),
      older('rn_old', '2024-12-31T23:00:00Z'),
      older('rn_undated', 'some day'),
    ];
    expect(pooled(others, { control: 10, own: 1 }).control).toEqual(['rn_new', 'rn_a', 'rn_b', 'rn_old', 'rn_undated']);
    expect(pooled(others.toReversed()).control).toEqual(['rn_new', 'rn_a']);
    expect(pooled(others, { control: 1, own: 1 })).toStrictEqual({ control: [], run: [], notes: [] });
  });

  test.each<[string, object]>([
    ['is not completed', { status: 'running' }],
    ['is cancelled', { status: 'cancelled' }],
    ['has a status that nobody knows', { status: 'archived' }],
    ['evaluates another version', { version: { ...version, version_id: 'prv_other' } }],
    ['evaluates the version of this Run', { version: { ...version, version_id: 'prv_new' } }],
    ['evaluates no version', { version: null }],
    ['was made with another version of the dataset', { dataset: { ...dataset, version_id: 'dsv_2' } }],
    ['was made without a dataset', { dataset: null }],
    ['was created by somebody else', { created_by: { id: 'usr_2' } }],
    ['was created by nobody that the API names', { created_by: null }],
    ['has an id that cannot be used in a request', { id: 'x'.repeat(201) }],
  ])('do not count if one %s', (_, changes) => {
    expect(pooled([older('rn_a', '2025-02-01T00:00:00Z', changes)])).toEqual({ control: [], run: [], notes: [] });
  });

  test('count with an id as long as a request has room for', () => {
    const id = 'x'.repeat(200);
    expect(pooled([older(id, '2025-02-01T00:00:00Z')]).control).toEqual([id]);
  });

  test('count in any case of their status', () => {
    expect(pooled([older('rn_a', '2025-02-01T00:00:00Z', { status: 'Completed' })]).control).toEqual(['rn_a']);
  });

  test('count whoever created them if nobody knows who created the control', () => {
    const anonymous = { ...control, created_by: null };
    const others = [older('rn_a', '2025-02-01T00:00:00Z', { created_by: { id: 'usr_2' } })];
    expect(pooled(others, { control: 3, own: 1 }, { run, control: anonymous }).control).toEqual(['rn_a']);
  });

  test.each([
    ['which dataset', null],
    ['which version of the dataset', { ...dataset, version_id: null }],
  ])('do not count if the control does not say %s it was made with', (_, vague) => {
    const others = [older('rn_a', '2025-02-01T00:00:00Z', { dataset: vague })];
    expect(pooled(others, { control: 3, own: 1 }, { run, control: { ...control, dataset: vague } }).control).toEqual(
      [],
    );
  });

  test('may have so many Logs together, and what is left out for that is said', () => {
    const large = { ...dataset, datapoints_count: 40_000 };
    const others = [1, 2, 3].map((day) => older(`rn_day${day}`, `2025-02-0${day}T00:00:00Z`, { dataset: large }));
    const result = pooled(others, { control: 4, own: 1 }, { run, control: { ...control, dataset: large } });
    expect(result.control).toEqual(['rn_day3']);
    expect(result.notes).toEqual([
      expect.stringMatching(/newest 1 of 3 further Runs of the control’s version.*100000 Logs/),
    ]);
  });
});

describe('Runs of this Run’s version', () => {
  test('are taken in the same way, if they are requested', () => {
    const own = [1, 2, 3].map((day) =>
      older(`rn_own${day}`, `2025-02-0${day}T00:00:00Z`, { version: { ...version, version_id: 'prv_new' } }),
    );
    expect(pooled(own)).toEqual({ control: [], run: [], notes: [] });
    expect(pooled(own, { control: 1, own: 3 })).toEqual({ control: [], run: ['rn_own3', 'rn_own2'], notes: [] });
    const large = { ...dataset, datapoints_count: 50_000 };
    const sides = { run: { ...run, dataset: large }, control };
    const largeRuns = own.map((each) => ({ ...each, dataset: large }));
    expect(pooled(largeRuns, { control: 1, own: 3 }, sides)).toEqual({
      control: [],
      run: ['rn_own3'],
      notes: [expect.stringMatching(/newest 1 of 2 further Runs of the Run’s version/)],
    });
  });
});

describe('nothing is pooled on either side', () => {
  const others = [older('rn_a', '2025-02-01T00:00:00Z')];

  test('if both sides evaluate the same version, and it is said if there was something to pool', () => {
    const same = { run: { ...run, version: control.version }, control };
    expect(pooled(others, { control: 3, own: 3 }, same)).toStrictEqual({
      control: [],
      run: [],
      notes: [expect.stringMatching(/both evaluate the same version/)],
    });
    expect(pooled([], { control: 3, own: 3 }, same).notes).toEqual([]);
    expect(pooled(others, { control: 1, own: 1 }, same).notes).toEqual([]);
  });

  test('if the API does not say which version one of them evaluates', () => {
    for (const sides of [
      { run: { ...run, version: null }, control },
      { run, control: { ...control, version: { ...version, version_id: null } } },
    ]) {
      expect(pooled([...others, older('rn_b', '', { version: null })], { control: 3, own: 1 }, sides)).toStrictEqual({
        control: [],
        run: [],
        notes: [expect.stringMatching(/does not say which version/)],
      });
    }
  });
});
