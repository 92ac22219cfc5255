import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { slicesOf } from '../../../server/rules/page.ts';

test('a page is what it would be cut out of all Logs in a row', () => {
  const counts = fc.array(fc.nat({ max: 20 }), { maxLength: 8 });
  fc.assert(
    fc.property(counts, fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 25 }), (lengths, page, size) => {
      const runs = lengths.map((logs_count, index) => ({ id: `rn_${index}`, logs_count }));
      const all = runs.flatMap(({ id, logs_count }) => Array.from({ length: logs_count }, (_, at) => `${id} ${at}`));
      const found = slicesOf(runs, { page, size }).flatMap(({ runId, from, to }) =>
        Array.from({ length: to - from }, (_, index) => `${runId} ${from + index}`),
      );
      expect(found).toEqual(all.slice((page - 1) * size, page * size));
    }),
  );
});
