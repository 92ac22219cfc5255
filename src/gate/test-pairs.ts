/** Which test the pairs of an evaluator take. */
import type { Evaluator } from './evaluator.ts';
import { gradedTest } from './graded-test.ts';
import { mcnemar } from './mcnemar.ts';
import type { PairedTest } from './paired-test.ts';
import type { Pairing } from './pairing.ts';

type Pairs = Pick<Pairing, 'control' | 'run' | 'differences'>;

/**
 * Tests the pairs of one evaluator: by McNemar's test if each side has 0 or 1 everywhere, as graded scores otherwise.
 * @param pairs at least one
 * @param range of the scores; null if they have no limits
 * @param confidence one-sided, of the interval
 */
export function testPairs(
  evaluator: Pick<Evaluator, 'type'>,
  pairs: Pairs,
  range: number | null,
  confidence: number,
): PairedTest {
  const { differences } = pairs;
  if (!isPassOrFail(evaluator, pairs)) return gradedTest(differences, range, confidence);
  const worse = differences.filter((difference) => difference < 0).length;
  const better = differences.filter((difference) => difference > 0).length;
  return mcnemar(worse, better, differences.length, confidence);
}

/** Whether every score is 0 or 1, so that only whole datapoints change. Numbers never count as pass or fail. */
function isPassOrFail({ type }: Pick<Evaluator, 'type'>, { control, run }: Pairs): boolean {
  const isZeroOrOne = (score: number): boolean => score === 0 || score === 1;
  return type !== 'number' && control.every(isZeroOrOne) && run.every(isZeroOrOne);
}
