/** Which judgments count for nothing, and why. */
import type { EvaluatorType } from './evaluator.ts';
import type { JudgmentTable, Problem } from './judgment-table.ts';
import { numberAt } from './number-list.ts';
import { judgedBy } from './run-logs.ts';
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
  const { logs, codes } = judgedBy(run, evaluator.versionId);
  const amounts = new Map<Problem, number>();
  for (let at = 0; at < codes.length; at++) {
    const problem = problems.get(numberAt(codes.values, at));
    if (problem && counts[numberAt(logs.values, at)] === 1) amounts.set(problem, (amounts.get(problem) ?? 0) + 1);
  }
  const found = Array.from(amounts, ([problem, count]) => ({ problem, count }));
  found.sort((a, b) => b.count - a.count || (wordsOf(a.problem) < wordsOf(b.problem) ? -1 : 1));
  const groups = new Map<UnusableKind, Group>();
  for (const { problem, count } of found) {
    const group = groups.get(problem.kind);
    groups.set(problem.kind, {
      commonest: group?.commonest ?? problem,
      several: !!group,
      count: count + (group?.count ?? 0),
    });
  }
  const kinds = Array.from(groups.values()).sort((a, b) => b.count - a.count);
  return {
    kinds: kinds.map(({ commonest, count }) => ({ kind: commonest.kind, count })),
    words: joined(kinds.map((group) => kindInWords(group, evaluator.type))),
  };
}

/** The problems of one kind. */
interface Group {
  readonly commonest: Problem;
  /** Whether there are others. */
  readonly several: boolean;
  /** Of all judgments together. */
  readonly count: number;
}

function kindInWords({ commonest: problem, several, count }: Group, type: EvaluatorType): string {
  const [are, have, name] = count === 1 ? ['is', 'has', 'names'] : ['are', 'have', 'name'];
  const mostOften = several ? 'most often ' : '';
  switch (problem.kind) {
    case 'null':
      return `${count} ${are} null`;
    case 'error':
      return `${count} ${have} ${count === 1 ? 'an error' : 'errors'} (${mostOften}“${problem.message}”)`;
    case 'type':
      return `${count} ${are} ${problem.found}, not ${type.replace('_', ' ')}`;
    case 'option':
      return `${count} ${name} an option that the evaluator does not have (${mostOften}“${problem.name}”)`;
    case 'limits':
      return `${count} ${are} outside the evaluator’s limits`;
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
