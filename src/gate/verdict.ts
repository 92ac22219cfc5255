/** What a gate may say of an evaluator, the worst first. */
export const verdicts = ['regressed', 'incomplete', 'inconclusive', 'no regression', 'improved', 'not gated'] as const;
export type Verdict = (typeof verdicts)[number];
