import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  boundsOf,
  describeEvaluator,
  type EvaluatorSettings,
  type EvaluatorSpec,
  marginOf,
  rangeOf,
  scoreJudgment,
  takesDirection,
  whyNotGated,
} from '../../src/gate/evaluator.ts';

const evaluator = (spec: EvaluatorSpec, settings: EvaluatorSettings = {}) =>
  describeEvaluator({ path: 'Folder/Judge', versionId: 'evv_1' }, spec, settings);

const graded = [
  { name: 'good', valence: 'positive' },
  { name: 'fair', valence: 'neutral' },
  { name: 'odd' },
  { name: 'strange', valence: 'sideways' },
  { name: 'bad', valence: 'negative' },
];
const select = evaluator({ return_type: 'select', options: graded });
const multiSelect = evaluator({ return_type: 'multi_select', options: graded });

describe('direction', () => {
  test.each<[EvaluatorSpec, EvaluatorSettings, string | null]>([
    [{ return_type: 'boolean' }, {}, 'higher'],
    [{ return_type: 'boolean' }, { direction: 'lower' }, 'lower'],
    [{ return_type: 'boolean', options: [{ name: 'True', valence: 'negative' }] }, {}, 'lower'],
    [
      {
        return_type: 'boolean',
        options: [
          { name: 'false', valence: 'negative' },
          { name: 'true', valence: 'positive' },
        ],
      },
      {},
      'higher',
    ],
    [{ return_type: 'boolean', options: [{ name: 'true', valence: 'negative' }] }, { direction: 'higher' }, 'higher'],
    [{ return_type: 'number' }, {}, null],
    [{ return_type: 'number', number_valence: 'neutral' }, {}, null],
    [{ return_type: 'number', number_valence: 'positive' }, {}, 'higher'],
    [{ return_type: 'number', number_valence: 'negative' }, {}, 'lower'],
    [{ return_type: 'number', number_valence: 'negative' }, { direction: 'higher' }, 'higher'],
    [{ return_type: 'select', options: graded }, {}, null],
    [{ return_type: 'select', options: graded, number_valence: 'negative' }, {}, null],
    [{ return_type: 'text' }, {}, null],
  ])('of %j with %j is %j', (spec, settings, direction) => {
    expect(evaluator(spec, settings).direction).toBe(direction);
  });

  test.each(['select', 'multi_select', 'text'] as const)(
    'set for %s is an error that says where to mend it',
    (type) => {
      expect(takesDirection(type)).toBe(false);
      expect(() => evaluator({ return_type: type }, { direction: 'lower' })).toThrow(
        /Folder\/Judge returns (select|multi_select|text).*Remove its direction from the input evaluators/,
      );
    },
  );
});

describe('whether it is gated', () => {
  test.each<[EvaluatorSpec, RegExp]>([
    [{ return_type: 'text' }, /Text/],
    [{ return_type: 'number' }, /direction/],
    [{ return_type: 'select', options: [{ name: 'a', valence: 'neutral' }, { name: 'b' }] }, /valence/],
    [{ return_type: 'select' }, /valence/],
    [{ return_type: 'multi_select', options: null }, /valence/],
    [{ return_type: 'embedding' }, /embedding/],
    [{ return_type: null }, /unknown/],
    [{}, /unknown/],
  ])('%j is not, and says why', (spec, reason) => {
    expect(whyNotGated(evaluator(spec))).toMatch(reason);
  });

  test.each<EvaluatorSpec>([
    { return_type: 'boolean' },
    { return_type: 'number', number_valence: 'negative' },
    { return_type: 'select', options: [{ name: 'a' }, { name: 'b', valence: 'negative' }] },
    { return_type: 'multi_select', options: graded },
  ])('%j is', (spec) => {
    expect(whyNotGated(evaluator(spec))).toBeNull();
  });
});

describe('scoreJudgment', () => {
  test('of booleans', () => {
    const higher = evaluator({ return_type: 'boolean' });
    const lower = evaluator({ return_type: 'boolean' }, { direction: 'lower' });
    expect([true, false].map((judgment) => scoreJudgment(higher, judgment))).toEqual([1, 0]);
    expect([true, false].map((judgment) => scoreJudgment(lower, judgment))).toEqual([0, 1]);
  });

  test('of numbers: the value, negated where lower is better', () => {
    const higher = evaluator({ return_type: 'number', number_valence: 'positive' });
    const lower = evaluator({ return_type: 'number', number_valence: 'negative' });
    expect([3.5, -2, 0].map((judgment) => scoreJudgment(higher, judgment))).toEqual([3.5, -2, 0]);
    expect([3.5, -2, 0].map((judgment) => scoreJudgment(lower, judgment))).toEqual([-3.5, 2, 0]);
  });

  test('of one option: by its valence', () => {
    expect(graded.map(({ name }) => scoreJudgment(select, name))).toEqual([1, 0.5, 0.5, 0.5, 0]);
  });

  test('of numbers outside the evaluator’s own limits: none', () => {
    const limited = evaluator({ return_type: 'number', number_valence: 'negative', number_limits: { min: 1, max: 5 } });
    expect([1, 5, 0.999, 5.001, 1e300].map((judgment) => scoreJudgment(limited, judgment))).toEqual([
      -1,
      -5,
      null,
      null,
      null,
    ]);
  });

  test('of several options: their mean, each once, ½ for none', () => {
    expect(scoreJudgment(multiSelect, ['good', 'bad', 'fair'])).toBe(0.5);
    expect(scoreJudgment(multiSelect, ['good', 'bad', 'bad', 'bad'])).toBe(0.5);
    expect(scoreJudgment(multiSelect, ['good'])).toBe(1);
    expect(scoreJudgment(multiSelect, [])).toBe(0.5);
  });

  const strange = [
    null,
    undefined,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    {},
    [[]],
    ['good', ['bad']],
    [1],
    '__proto__',
    'Good',
  ];
  const others: Record<string, readonly unknown[]> = {
    boolean: [0, 1, 'true', [true]],
    number: ['1', true, [1], 10n],
    select: [['good'], 1, true, ''],
    multi_select: ['good', { length: 0 }, ['good', 'unknown'], [null]],
    text: ['some text', 1, true],
    embedding: ['some text', 1, true],
  };
  test.each(Object.entries(others))(
    'of %s: what has another shape, or names no option, is unusable',
    (type, judgments) => {
      const judge = evaluator({ return_type: type, number_valence: 'positive', options: graded });
      for (const judgment of [...strange, ...judgments]) expect(scoreJudgment(judge, judgment)).toBeNull();
    },
  );

  test('is null or finite whatever comes', () => {
    const types = fc.constantFrom('boolean', 'number', 'select', 'multi_select', 'text');
    fc.assert(
      fc.property(types, fc.anything(), (type, judgment) => {
        const score = scoreJudgment(
          evaluator({ return_type: type, number_valence: 'negative', options: graded }),
          judgment,
        );
        expect(score === null || Number.isFinite(score)).toBe(true);
      }),
    );
  });
});

describe('bounds and range', () => {
  const number = (limits: EvaluatorSpec['number_limits'], valence = 'positive') =>
    evaluator({ return_type: 'number', number_valence: valence, number_limits: limits });

  test('of numbers between limits', () => {
    expect(rangeOf(number({ min: 1, max: 5 }))).toBe(4);
    expect(boundsOf(number({ min: 1, max: 5 }))).toEqual({ worst: 1, best: 5 });
    expect(boundsOf(number({ min: 1, max: 5 }, 'negative'))).toEqual({ worst: -5, best: -1 });
  });

  test.each([
    [null],
    [{}],
    [{ min: 0 }],
    [{ min: null, max: 5 }],
    [{ min: 5, max: 1 }],
    [{ min: 3, max: 3 }],
    [{ min: 0, max: Number.POSITIVE_INFINITY }],
    [{ min: -1e308, max: 1e308 }],
  ])('limits %j are none', (limits) => {
    expect(rangeOf(number(limits))).toBeNull();
    expect(boundsOf(number(limits))).toBeNull();
  });

  test.each(['boolean', 'select', 'multi_select'])('%s scores lie between 0 and 1, whatever limits say', (type) => {
    const judge = evaluator({ return_type: type, number_limits: { min: 1, max: 5 } });
    expect(rangeOf(judge)).toBe(1);
    expect(boundsOf(judge)).toEqual({ worst: 0, best: 1 });
  });

  test.each(['text', 'another'])('%s has no scores', (type) => {
    expect(boundsOf(evaluator({ return_type: type }))).toBeNull();
  });
});

describe('marginOf', () => {
  const number: EvaluatorSpec = { return_type: 'number', number_valence: 'negative' };
  const limited: EvaluatorSpec = { ...number, number_limits: { min: 1, max: 5 } };
  const general = { amount: 0.02 };

  test.each<[string, EvaluatorSpec, EvaluatorSettings, number]>([
    ['a share of the pass rate’s range', { return_type: 'boolean' }, {}, 0.02],
    ['a share of the limits’ range', limited, {}, 0.08],
    ['that evaluator’s own share', limited, { maxDrop: { amount: 0.5 } }, 2],
    ['a percentage of the control’s mean', limited, { maxDrop: { percent: 5 } }, 10],
    ['without limits, a share of the control’s mean', number, {}, 4],
    ['without limits, that evaluator’s own amount in its units', number, { maxDrop: { amount: 0.5 } }, 0.5],
    ['nothing tolerated', number, { maxDrop: { amount: 0 } }, 0],
  ])('%s', (_, spec, settings, margin) => {
    expect(marginOf(evaluator(spec, settings), general, -200)).toBeCloseTo(margin, 12);
  });

  test('a general percentage holds for all', () => {
    expect(marginOf(evaluator({ return_type: 'boolean' }), { percent: 5 }, 0.8)).toBeCloseTo(0.04, 12);
    expect(marginOf(evaluator(number), { percent: 5 }, -200)).toBeCloseTo(10, 12);
  });
});
