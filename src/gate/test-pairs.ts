/** Which test the pairs of an evaluator take. */
import type { Evaluator } from './evaluator.ts';
import { gradedChances, gradedTest } from './graded-test.ts';
import { mcnemar, mcnemarMidP } from './mcnemar.ts';
import { type Chances, type PairedTest, signsOf } from './paired-test.ts';
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
  const { worse, better } = signsOf(differences);
  return mcnemar(worse, better, differences.length, confidence);
}

/** The p of the same test alone: less work than all of it. */
export function chancesOf(evaluator: Pick<Evaluator, 'type'>, pairs: Pairs): Chances {
  if (!isPassOrFail(evaluator, pairs)) return gradedChances(pairs.differences);
  const { worse, better } = signsOf(pairs.differences);
  return { pWorse: mcnemarMidP(worse, better), pBetter: mcnemarMidP(better, worse) };
}

/** Whether every score is 0 or 1, so that only whole datapoints change. Numbers never count as pass or fail. */
function isPassOrFail({ type }: Pick<Evaluator, 'type'>, { control, run }: Pairs): boolean {
  const isZeroOrOne = (score: number): boolean => score === 0 || score === 1;
  return type !== 'number' && control.every(isZeroOrOne) && run.every(isZeroOrOne);
}
