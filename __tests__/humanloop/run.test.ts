import { describe, expect, test } from '@jest/globals';
import { parseAnswer } from '../../src/humanloop/answer.ts';
import { findRun, RunNotFoundError, runSchema } from '../../src/humanloop/run.ts';
import { runOutputs } from '../../src/humanloop/run-outputs.ts';
import { createRun, privateTexts } from '../support/create-run.ts';

const runOf = (changes: object = {}) => parseAnswer(JSON.stringify(createRun({ ...changes })), runSchema);
const publicRun = (changes: object = {}) => JSON.parse(runOutputs(runOf(changes)).run);

describe('a Run', () => {
  test('is found among those of its Evaluation by its id', () => {
    const runs = ['rn_1', 'rn_2', 'rn_3'].map((id) => runOf({ id }));
    expect(findRun(runs, 'evr_1', 'rn_2')).toBe(runs[1]);
    expect(() => findRun(runs, 'evr_1', 'rn_4')).toThrow(RunNotFoundError);
  });

  test('that is not found is explained by the ids that were asked for', () => {
    expect(new RunNotFoundError('evr_1', 'rn_4')).toHaveProperty('name', 'RunNotFoundError');
    expect(new RunNotFoundError('evr_1', 'rn_4').explain()).toEqual({
      title: 'The Run was not found',
      message: 'Evaluation evr_1 has no Run rn_4.',
      advice: expect.stringMatching(/^Check run-id and evaluation-id/),
    });
  });

  test.each<[object, string]>([
    [{ status: 7 }, 'status: Invalid input: expected string'],
    [{ dataset: { datapoints_count: 1.5 } }, 'dataset.datapoints_count: Invalid input: expected a whole number'],
    [{ dataset: { datapoints_count: 10_000_001 } }, 'expected a whole number up to ten million'],
    [{ dataset: { datapoints_count: -1 } }, 'expected a whole number up to ten million'],
  ])('with %j is refused: %s', (changes, problem) => {
    expect(() => runOf(changes)).toThrow(problem);
  });

  test('may have no datapoints, or ten million', () => {
    for (const datapoints_count of [0, 10_000_000]) {
      expect(runOf({ dataset: { datapoints_count } }).dataset).toEqual({ datapoints_count });
    }
  });

  test('may be created by anything: that fails no update', () => {
    expect(runOf({ created_by: 'ada' }).created_by).toBeUndefined();
    expect(runOf({ created_by: { id: 'usr_1' } }).created_by).toEqual({ id: 'usr_1' });
  });
});

describe('the outputs of a Run', () => {
  test('say how it stands', () => {
    expect(runOutputs(runOf({ status: 'completed', control: true }))).toMatchObject({
      status: 'completed',
      control: true,
    });
  });

  test('name its version and its dataset, and neither prompts nor people', () => {
    const { run } = runOutputs(runOf());
    expect(JSON.parse(run)).toEqual({
      id: 'rn_1',
      status: 'running',
      control: false,
      orchestrated: false,
      added_at: '2025-01-02T03:04:05.678901+00:00',
      created_at: '2025-01-02T03:04:05Z',
      dataset: { id: 'ds_1', version_id: 'dsv_1', path: 'Support/Questions', datapoints_count: 40 },
      version: { type: 'prompt', id: 'pr_1', version_id: 'prv_1', path: 'Support/Answer', name: 'Answer' },
    });
    for (const text of privateTexts) expect(run).not.toContain(text);
  });

  test('have null for what the API does not say', () => {
    const unsaid = { orchestrated: undefined, added_at: null, created_at: undefined };
    expect(publicRun({ ...unsaid, dataset: null, version: undefined })).toEqual({
      id: 'rn_1',
      status: 'running',
      control: false,
      orchestrated: null,
      added_at: null,
      created_at: null,
      dataset: null,
      version: null,
    });
    expect(publicRun({ dataset: {}, version: {} })).toMatchObject({
      dataset: { id: null, version_id: null, path: null, datapoints_count: null },
      version: { type: null, id: null, version_id: null, path: null, name: null },
    });
  });

  test('have texts of at most 1,000 characters, none of them halved', () => {
    const { path } = publicRun({ dataset: { path: 'x'.repeat(1_000) } }).dataset;
    expect(path).toBe('x'.repeat(1_000));
    expect(publicRun({ dataset: { path: 'x'.repeat(1_001) } }).dataset.path).toBe(`${'x'.repeat(999)}…`);
    const cut = publicRun({ version: { name: `${'x'.repeat(998)}🎉🎉` } }).version.name;
    expect(cut).toHaveLength(1_000);
    expect(cut.isWellFormed()).toBe(true);
  });
});
