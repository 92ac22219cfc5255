import { describe, expect, test } from '@jest/globals';
import { ConfigurationError, explain } from '../src/errors.ts';
import { chooseEvaluators } from '../src/evaluation.ts';

const evaluationOf = (paths: readonly string[]) => ({
  id: 'evr_1',
  evaluators: paths.map((path, index) => ({ version: { path, version_id: `evv_${index}` } })),
});
const numbered = (count: number, name: (index: number) => string) => Array.from({ length: count }, (_, at) => name(at));

/** What is said of evaluators that are chosen by these names. */
function complaint(paths: readonly string[], names: readonly string[]): string {
  try {
    chooseEvaluators(evaluationOf(paths), new Map(names.map((name) => [name, {}])));
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return explain(error).message;
  }
  return '';
}

describe('names that look like others, or that nobody knows', () => {
  test('are reported with some of the known ones, and how many more there are', () => {
    const message = complaint(
      numbered(500, (index) => `folder/e${index}`),
      ['unknown'],
    );
    expect(message).toContain('"folder/e0", "folder/e1"');
    expect(message).toContain('"folder/e19", 480 more.');
    expect(message).not.toContain('e20"');
  });

  test('are listed up to twenty, and how many more there are', () => {
    const message = complaint(
      ['a'],
      numbered(3_000, (index) => `unknown${index}`),
    );
    expect(message).toContain('3000 inputs are wrong');
    expect(message.split('\n')).toHaveLength(22);
    expect(message).toContain('- and 2980 more');
  });

  test('that fit many paths are reported with some of them', () => {
    const message = complaint(
      numbered(30, (index) => `f${index}/tone`),
      ['tone'],
    );
    expect(message).toContain('"f19/tone" and 10 more. Use the path.');
  });

  test('take no longer together than one by one', () => {
    const started = performance.now();
    complaint(
      numbered(5_000, (index) => `e${index}`),
      numbered(5_000, (index) => `unknown${index}`),
    );
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

test('a path counts before a name, and a name is the last part of a path', () => {
  const evaluation = evaluationOf(['tone', 'folder/tone', 'folder/length']);
  const chosen = (name: string) =>
    chooseEvaluators(evaluation, new Map([[name, {}]])).map(({ evaluator }) => evaluator.path);
  expect(chosen('tone')).toEqual(['tone']);
  expect(chosen('length')).toEqual(['folder/length']);
});
