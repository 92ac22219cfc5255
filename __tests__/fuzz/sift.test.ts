/** The sieve that takes out of a page of Logs what nobody reads, against a parser that reads all of it. */

import { Readable } from 'node:stream';
import { describe, expect } from '@jest/globals';
import fc from 'fast-check';
import { Unusable } from '../../src/humanloop/answer.ts';
import { siftLogPage } from '../../src/humanloop/schemas.ts';
import { createAwaitedRun, pageOf } from '../support/awaited-run.ts';
import { fuzzParser } from '../support/fuzz.ts';
import { hostileText } from '../support/hostile-text.ts';
import { hostileValue, spoiled } from '../support/hostile-values.ts';
import { readText } from '../support/read-text.ts';

type Shape = 'scalar' | 'flat' | { readonly [name: string]: Shape };
/** What is read of a page, written down once more. */
const shape: Shape = {
  records: {
    run_id: 'scalar',
    datapoint: { id: 'scalar' },
    log: { id: 'scalar', source_datapoint_id: 'scalar' },
    evaluator_logs: { evaluator: { version_id: 'scalar', path: 'scalar' }, judgment: 'flat', error: 'scalar' },
  },
  page: 'scalar',
  size: 'scalar',
  total: 'scalar',
  // Why an answer has another shape.
  detail: 'scalar',
  message: 'scalar',
  error: 'scalar',
  title: 'scalar',
};

/** What is read of a value: the members that the shape names, of objects and of those in an array; the rest is emptied. */
function picked(value: unknown, part: Shape): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    return part === 'scalar' ? [] : value.map((item) => picked(item, Array.isArray(item) ? 'scalar' : part));
  }
  if (typeof part === 'string') return {};
  const members = Object.entries(value).filter(([name]) => Object.hasOwn(part, name));
  return Object.fromEntries(members.map(([name, each]) => [name, picked(each, part[name] ?? 'scalar')]));
}

/** Reads a page as it arrives, in chunks of this size. */
async function sifted(json: string, size: number): Promise<string> {
  const bytes = Buffer.from(json);
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
  return readText(Readable.from(chunks), bytes.length, siftLogPage);
}

const page = pageOf(createAwaitedRun({ logs: 2, judged: true }).logs, 1, 2);
const more = fc.record({ trace: hostileValue, output: hostileText, inputs: hostileValue }, { requiredKeys: [] });
const fullPage = more.map((extra) => ({
  ...extra,
  ...page,
  records: page.records.map((record) => ({
    ...extra,
    ...record,
    log: { ...extra, ...record.log, ...extra },
    evaluator_logs: record.evaluator_logs?.map((judgment) => ({ ...judgment, ...extra })),
  })),
  ...extra,
}));
const json = fc
  .tuple(fc.oneof({ arbitrary: spoiled(fullPage), weight: 5 }, hostileValue), fc.constantFrom(0, 0, 1, '\t', '\r\n '))
  .map(([value, indent]) => JSON.stringify(value, undefined, indent) ?? 'null');

const size = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(10_000));

describe('a page without what nobody reads', () => {
  fuzzParser('says the same of all the rest', fc.tuple(json, size), async ([text, size]) => {
    const whole: unknown = JSON.parse(text);
    const left: unknown = JSON.parse(await sifted(text, size));
    expect(left).toEqual(picked(whole, shape));
  });

  const damage = fc.record({
    at: fc.nat(3_000),
    length: fc.nat(3),
    text: fc.oneof(fc.constantFrom(...'{}[]",:\\ \n'), hostileText),
  });
  const damaged = fc.tuple(json, fc.array(damage, { minLength: 1, maxLength: 3 })).map(([text, damages]) =>
    damages.reduce((body, { at, length, text }) => {
      const from = at % (body.length + 1);
      return (body.slice(0, from) + text + body.slice(from + length)).toWellFormed();
    }, text),
  );
  const parsed = (text: string) => {
    try {
      return { value: JSON.parse(text) };
    } catch {
      return undefined;
    }
  };
  fuzzParser(
    'is refused only if it is no JSON, with the same message wherever it is',
    fc.tuple(damaged, size),
    async ([text, size]) => {
      const whole = parsed(text);
      try {
        const left = parsed(await sifted(text, size));
        if (whole) expect(left?.value).toEqual(picked(whole.value, shape));
      } catch (error) {
        if (!(error instanceof Unusable)) throw error;
        expect(whole).toBeUndefined();
      }
    },
  );
});
