/** The statuses of a Run. The API may add others: they are passed through as text and are never final. */
export type RunStatus = 'pending' | FinalStatus | 'running';

/** What a workflow can set, and what a Run keeps. */
export type FinalStatus = 'completed' | 'cancelled';

/** Whether a Run with this status changes no more. */
export function isFinal(status: string): status is FinalStatus {
  return status === 'completed' || status === 'cancelled';
}

/** A word of the API as this action knows it: in small letters, and `cancelled` also if it is spelled with one l. */
export function readStatus(word: string): string {
  const known = word.toLowerCase();
  if (known === 'canceled') return 'cancelled';
  return known === 'pending' || known === 'running' || isFinal(known) ? known : word;
}
