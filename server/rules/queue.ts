/** In which order a person gets to see what is to be judged. */

import { hash } from './ids.ts';

/**
 * The Log to show next: the first behind `after`, and, if there is none, the first of all. The order is random, so that it says
 * nothing of where a Log is from; it is another one for each person, so that two rarely meet; and it stays the same.
 */
export function nextLog(judge: string, logIds: readonly string[], after: string | null): string | undefined {
  const rank = (id: string) => hash(`${judge}\n${id}`);
  const from = after === null ? '' : rank(after);
  let first: { id: string; rank: string } | undefined;
  let next: { id: string; rank: string } | undefined;
  for (const id of logIds) {
    const own = { id, rank: rank(id) };
    if (first === undefined || own.rank < first.rank) first = own;
    if (own.rank > from && (next === undefined || own.rank < next.rank)) next = own;
  }
  return (next ?? first)?.id;
}
