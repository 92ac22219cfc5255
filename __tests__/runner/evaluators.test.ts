import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { ConfigurationError } from '../../src/errors.ts';
import { chooseEvaluators } from '../../src/evaluation.ts';
import type { Evaluation, ListedEvaluator } from '../../src/humanloop/schemas.ts';
import { parseEvaluators } from '../../src/runner/evaluators-input.ts';
import { createEvaluator } from '../support/awaited-run.ts';
import { hostileText } from '../support/hostile-text.ts';
import { workflowCommands } from '../support/workflow-commands.ts';

/** What is wrong, as the configuration error says it. */
function problemsOf(action: () => unknown): readonly string[] {
  try {
    action();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  throw new Error('Nothing was wrong.');
}

const parsed = (yaml: string) => Object.fromEntries(parseEvaluators(yaml));

describe('the YAML', () => {
  test('may be a list of paths and names', () => {
    expect(parsed('- support/tone\n- "exact match"\n-   length # in words')).toEqual({
      'support/tone': {},
      'exact match': {},
      length: {},
    });
    expect(parsed('[tone, length, tone]')).toEqual({ tone: {}, length: {} });
  });

  test('may be a map of them to settings, or to nothing', () => {
    const yaml = `
      support/tone:
      length: {}
      latency:
        max-drop: 5%
        direction: lower
      rating: { max-drop: .5 }
      cost: { direction: "higher" }
    `;
    expect(parsed(yaml)).toEqual({
      'support/tone': {},
      length: {},
      latency: { maxDrop: { percent: 5 }, direction: 'lower' },
      rating: { maxDrop: { amount: 0.5 } },
      cost: { direction: 'higher' },
    });
  });

  test('reads every name as it is written', () => {
    expect([...parseEvaluators('- 2024\n- 1.0\n- null\n- yes\n- 0x10\n- 2025-01-01').keys()]).toEqual([
      '2024',
      '1.0',
      'null',
      'yes',
      '0x10',
      '2025-01-01',
    ]);
    expect([...parseEvaluators('__proto__: {direction: lower}\nconstructor:\n1:').keys()].sort()).toEqual([
      '1',
      '__proto__',
      'constructor',
    ]);
  });

  test('takes all of the control’s mean for a drop, and no more', () => {
    expect(parsed('tone: {max-drop: 100%}')).toEqual({ tone: { maxDrop: { percent: 100 } } });
    expect(problemsOf(() => parseEvaluators('tone: {max-drop: 100.5%}'))).toEqual([
      expect.stringMatching(/max-drop of "tone" must be a number/),
    ]);
    // An amount may be in units of any size.
    expect(parsed('latency: {max-drop: 250}')).toEqual({ latency: { maxDrop: { amount: 250 } } });
  });

  test('reads numbers however small', () => {
    expect(parsed('cost: {max-drop: 0.0000001}')).toEqual({ cost: { maxDrop: { amount: 1e-7 } } });
  });

  test('takes the two ways in which Unicode can write a name for one name', () => {
    const [composed, decomposed] = ['höflich'.normalize('NFC'), 'höflich'.normalize('NFD')];
    expect([...parseEvaluators(`- ${decomposed}\n- ${composed}`).keys()]).toEqual([composed]);
    expect(() => parseEvaluators(`${decomposed}: {direction: lower}\n${composed}: {direction: higher}`)).toThrow(
      /evaluators names "höflich" twice/u,
    );
  });

  test('gives back what was written into it', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((text) => !text.startsWith('!'));
    const normalName = name.map((text) => text.normalize());
    fc.assert(
      fc.property(fc.uniqueArray(normalName, { minLength: 1, maxLength: 6 }), (names) => {
        expect([...parseEvaluators(stringify(names)).keys()]).toEqual(names);
        const map = Object.fromEntries(names.map((each) => [each, { direction: 'lower' }]));
        expect([...parseEvaluators(stringify(map)).keys()].sort()).toEqual(Object.keys(map).sort());
      }),
    );
  });

  const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${['b', 'c', 'd', 'e', 'f', 'g']
    .map((key, index) => `${key}: &${key} [${Array(9).fill(`*${'abcdef'[index]}`)}]`)
    .join('\n')}`;

  test.each([
    ['is broken', 'tone: [', /is not valid YAML/],
    ['is indented with tabs', '\t- tone', /not valid YAML: Tabs are not allowed.*line 1/],
    ['names an evaluator twice', 'tone: {}\ntone: {}', /not valid YAML: Map keys must be unique at line 2/],
    ['holds two documents', '- a\n---\n- b', /not valid YAML/],
    ['misses an anchor', '- *nobody', /not valid YAML.*alias.*nobody/],
    ['is a bomb of aliases', bomb, /not valid YAML: Excessive alias count/],
    ['is nested without end', '['.repeat(5_000), /not valid YAML/],
  ])('that %s is an error that says why', (_, yaml, words) => {
    const started = performance.now();
    expect(problemsOf(() => parseEvaluators(yaml))).toEqual([expect.stringMatching(words)]);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test.each(['tone', '~', '# nothing', '[]', '{}', '- [tone]', '- tone: {}', '!!set {}', '5'])(
    '"%s" is neither a list of names nor a map',
    (yaml) => {
      expect(problemsOf(() => parseEvaluators(yaml))).toEqual([
        expect.stringMatching(/evaluators must be a YAML list.*or a map of them to max-drop and direction/),
      ]);
    },
  );

  test.each([
    ['tone: {weight: 2}', ['evaluators: "tone" has the unknown setting "weight"; known are max-drop and direction.']],
    [
      'tone: {maxdrop: 1, Direction: lower}',
      [expect.stringMatching(/"tone" has the unknown setting.*known are max-drop and direction/)],
    ],
    ['tone: lower', [expect.stringMatching(/"tone" must hold settings: max-drop or direction/)]],
    ['tone: [lower]', [expect.stringMatching(/"tone" must hold settings/)]],
    ['tone: {direction: up}', ['evaluators: direction of "tone" must be higher or lower.']],
    ['tone: {direction: }', [expect.stringMatching(/direction of "tone" must be higher or lower/)]],
    ...['-1', '1e-2', 'a lot', '5 %', '"%"', '.inf', '', '[1]'].map((text): [string, unknown[]] => [
      `tone: {max-drop: ${text}}`,
      [expect.stringMatching(/max-drop of "tone" must be a number such as 0.02, or a percentage such as 5%/)],
    ]),
    [
      'tone: {max-drop: much}\nlength: {direction: up}',
      [expect.stringContaining('"tone"'), expect.stringContaining('"length"')],
    ],
  ])('%s is wrong, and the setting is named', (yaml, problems) => {
    expect(problemsOf(() => parseEvaluators(yaml))).toEqual(problems);
  });

  test('never gets a warning or a line break into what people read', async () => {
    const warned: unknown[] = [];
    const listen = (warning: unknown) => warned.push(warning);
    process.on('warning', listen);
    expect(parsed('%NEW directive\n---\n- !secret tone')).toEqual({ tone: {} });
    fc.assert(
      fc.property(hostileText, (text) => {
        for (const yaml of [text, stringify({ [text]: text }), stringify({ tone: { [text]: 1, direction: text } })]) {
          try {
            parseEvaluators(yaml);
          } catch (error) {
            if (!(error instanceof ConfigurationError)) throw error;
            for (const problem of error.problems) {
              expect(problem).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
              expect(workflowCommands(problem)).toEqual([]);
            }
          }
        }
      }),
    );
    // Node emits warnings a little later.
    await new Promise(setImmediate);
    process.off('warning', listen);
    expect(warned).toEqual([]);
  });
});

describe('the evaluators that count', () => {
  const tone = createEvaluator('support/tone');
  const olderTone = createEvaluator('support/tone', { version_id: 'evv_older' });
  const salesTone = createEvaluator('sales/tone');
  const length = createEvaluator('length', { name: null });
  const evaluation = (...evaluators: ListedEvaluator[]): Evaluation => ({
    id: 'evr_1',
    evaluators: evaluators.map((version) => ({ version })),
  });
  const all = evaluation(tone, length, salesTone);

  test('are all if none is chosen', () => {
    expect(chooseEvaluators(all, undefined)).toEqual(
      [tone, length, salesTone].map((evaluator) => ({ evaluator, settings: {} })),
    );
  });

  test('are found by path, and by name if that fits one path; they stay in the order of the Evaluation', () => {
    const choices = parseEvaluators('length: {direction: lower}\nsupport/tone:');
    expect(chooseEvaluators(all, choices)).toEqual([
      { evaluator: tone, settings: {} },
      { evaluator: length, settings: { direction: 'lower' } },
    ]);
    expect(chooseEvaluators(evaluation(tone, length), parseEvaluators('[tone]'))).toMatchObject([{ evaluator: tone }]);
  });

  test('are found by the last segment of their path if the API gives no name', () => {
    const grounded = createEvaluator('deep/down/grounded', { name: null });
    expect(chooseEvaluators(evaluation(tone, grounded), parseEvaluators('[grounded]'))).toEqual([
      { evaluator: grounded, settings: {} },
    ]);
  });

  test('are both versions of a path, with the same settings', () => {
    const settings = { direction: 'lower' };
    for (const name of ['support/tone', 'tone']) {
      const choices = parseEvaluators(`${name}: {direction: lower}`);
      expect(chooseEvaluators(evaluation(tone, length, olderTone), choices)).toEqual([
        { evaluator: tone, settings },
        { evaluator: olderTone, settings },
      ]);
    }
  });

  test('take a path for a path, though it is the name of another', () => {
    const rootTone = createEvaluator('tone');
    expect(chooseEvaluators(evaluation(tone, rootTone), parseEvaluators('[tone]'))).toMatchObject([
      { evaluator: rootTone },
    ]);
  });

  test('that the Evaluation does not have are named, with those that it has', () => {
    expect(problemsOf(() => chooseEvaluators(all, parseEvaluators('[tome, length, Length]')))).toEqual([
      'evaluators names "tome", which this Evaluation does not have. It has "support/tone", "length", "sales/tone".',
      expect.stringMatching(/"Length".*does not have/),
    ]);
    expect(problemsOf(() => chooseEvaluators(evaluation(), parseEvaluators('[tone]')))).toEqual([
      expect.stringMatching(/It has none/),
    ]);
  });

  test('must not be meant by a name that fits several paths', () => {
    expect(problemsOf(() => chooseEvaluators(all, parseEvaluators('[tone]')))).toEqual([
      'evaluators names "tone", which fits "support/tone" and "sales/tone". Use the path.',
    ]);
  });

  test('must not be named twice, by path and by name', () => {
    expect(
      problemsOf(() => chooseEvaluators(evaluation(tone), parseEvaluators('tone: {direction: lower}\nsupport/tone:'))),
    ).toEqual([expect.stringMatching(/"support\/tone" twice/)]);
    // By a name that only one of its versions has.
    const renamed = createEvaluator('support/tone', { version_id: 'evv_2', name: 'manner' });
    expect(
      problemsOf(() => chooseEvaluators(evaluation(tone, renamed), parseEvaluators('[manner, support/tone]'))),
    ).toEqual([expect.stringMatching(/"support\/tone" twice/)]);
  });

  test('have inert names in what is wrong', () => {
    fc.assert(
      fc.property(hostileText, hostileText, (path, other) => {
        const choices = new Map([[`${other} is not there`, {}]]);
        const [problem = ''] = problemsOf(() => chooseEvaluators(evaluation(createEvaluator(path)), choices));
        expect(problem).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        expect(workflowCommands(problem)).toEqual([]);
      }),
    );
  });
});
