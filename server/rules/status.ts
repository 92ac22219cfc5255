export const runStatuses = ['pending', 'running', 'completed', 'cancelled'] as const;
export type RunStatus = (typeof runStatuses)[number];

/** The other statuses are final. */
export function isOpen(status: RunStatus): boolean {
  return status === 'pending' || status === 'running';
}

/** What there is of a Run. */
export interface RunProgress {
  /** As stored. */
  readonly status: RunStatus;
  readonly logs: number;
  /** Null if the Run has no Dataset. */
  readonly datapoints: number | null;
  /** Whether each datapoint has a Log that is complete. */
  isLogged(): Promise<boolean>;
  /** Whether each complete Log has a judgment, null or error of each Evaluator. */
  isJudged(): Promise<boolean>;
}

/**
 * The status that a Run has from now on. It completes by itself once everything is judged, but not before its first Log unless
 * its Dataset is empty. A Run without a Dataset is completed by request only. What is final stays.
 */
export async function runStatus({ status, logs, datapoints, isLogged, isJudged }: RunProgress): Promise<RunStatus> {
  if (!isOpen(status)) return status;
  if (datapoints === 0) return 'completed';
  if (logs === 0) return 'pending';
  if (datapoints === null || logs < datapoints) return 'running';
  return (await isJudged()) && (await isLogged()) ? 'completed' : 'running';
}

/** What the status of an Evaluation follows from. */
export interface RunActivity {
  readonly status: RunStatus;
  /** When its last Log or judgment arrived, in milliseconds. */
  readonly activeAt: number;
  /** Whether it has its Logs and waits for people, who may take days. */
  readonly isWaitingForPeople: boolean;
}

/**
 * Clients wait for an Evaluation to be completed. One Run that was abandoned must not make them wait for ever: a Run that got
 * nothing for `staleAfterMs` does not count, unless it waits for people.
 */
export function evaluationStatus(
  runs: readonly RunActivity[],
  now: number,
  staleAfterMs: number,
): 'pending' | 'running' | 'completed' {
  const open = runs.filter(
    ({ status, activeAt, isWaitingForPeople }) =>
      isOpen(status) && (isWaitingForPeople || now - activeAt < staleAfterMs),
  );
  if (open.length === 0) return 'completed';
  return open.every(({ status }) => status === 'pending') ? 'pending' : 'running';
}
