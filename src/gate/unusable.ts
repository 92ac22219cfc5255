/** Which judgments count for nothing, and why. */
import type { EvaluatorType } from './evaluator.ts';
import type { JudgmentTable, Problem } from './judgment-table.ts';
import type { CountedRun } from './side.ts';

/** What is wrong with most of the unusable judgments of a Run. */
export type UnusableKind = Problem['kind'];

export interface Unusable {
  /** The kinds by how many judgments are of it, most first. */
  readonly kinds: readonly { readonly kind: UnusableKind; readonly count: number }[];
  /** `60 are text instead of boolean and 3 are null`; empty if all are usable. */
  readonly words: string;
}

/** Counts the unusable judgments of one evaluator in one Run. */
export function unusableOf({ run, counts }: CountedRun, { evaluator, problems }: JudgmentTable): Unusable {
  const judged = run.judged.get(evaluator.versionId);
  const amounts = new Map<number, number>();
  for (let at = 0; judged && at < judged.codes.length; at++) {
    const [log, code] = [judged.logs.values[at] ?? -1, judged.codes.values[at] ?? -1];
    if (counts[log] === 1 && problems.has(code)) amounts.set(code, (amounts.get(code) ?? 0) + 1);
  }
  const found = Array.from(amounts).flatMap(([code, count]) => {
    const problem = problems.get(code);
    return problem ? [{ problem, count }] : [];
  });
  found.sort((a, b) => b.count - a.count || (wordsOf(a.problem) < wordsOf(b.problem) ? -1 : 1));
  const kinds = Array.from(Map.groupBy(found, ({ problem }) => problem.kind))
    .map(([kind, group]) => ({ kind, group, count: group.reduce((sum, { count }) => sum + count, 0) }))
    .sort((a, b) => b.count - a.count);
  return {
    kinds: kinds.map(({ kind, count }) => ({ kind, count })),
    words: joined(
      kinds.map(({ group, count }) =>
        kindInWords(
          count,
          group.map(({ problem }) => problem),
          evaluator.type,
        ),
      ),
    ),
  };
}

/** @param problems of one kind, the commonest first */
function kindInWords(count: number, [problem, ...others]: readonly Problem[], type: EvaluatorType): string {
  const [are, have, name] = count === 1 ? ['is', 'has', 'names'] : ['are', 'have', 'name'];
  switch (problem?.kind) {
    case undefined:
    case 'null':
      return `${count} ${are} null`;
    case 'error':
      return `${count} ${have} ${count === 1 ? 'an error' : 'errors'} (${others.length > 0 ? 'most often ' : ''}“${problem.message}”)`;
    case 'type':
      return `${count} ${are} ${problem.found}, not ${type.replace('_', ' ')}`;
    case 'option':
      return `${count} ${name} an option that the evaluator does not have (${others.length > 0 ? 'most often ' : ''}“${problem.name}”)`;
    case 'limits':
      return `${count} ${are === 'is' ? 'lies' : 'lie'} outside of the evaluator’s limits`;
    case 'infinite':
      return `${count} ${are} too large for a number`;
  }
}

function wordsOf(problem: Problem): string {
  return Object.values(problem).join(' ');
}

/** `a`, `a and b`, `a, b and c`. */
function joined(parts: readonly string[]): string {
  const last = parts.at(-1) ?? '';
  return parts.length > 1 ? `${parts.slice(0, -1).join(', ')} and ${last}` : last;
}
