/** Which Runs are compared together with the two that a comparison is about. */

/** What decides whether a Run may be pooled, as the API gives it. */
export interface PoolableRun {
  readonly id: string;
  /** In any case. */
  readonly status: string;
  /** ISO 8601. */
  readonly created_at?: string | null | undefined;
  readonly created_by?: { readonly id?: string | null | undefined } | null | undefined;
  readonly version?: { readonly version_id?: string | null | undefined } | null | undefined;
  readonly dataset?:
    | { readonly version_id?: string | null | undefined; readonly datapoints_count?: number | null | undefined }
    | null
    | undefined;
}

export interface PoolSizes {
  /** Runs of the control's version, the control included, 1 to 10. */
  readonly control: number;
  /** Runs of this Run's version, this one included, 1 to 10. */
  readonly own: number;
}

export interface PooledRuns<R extends PoolableRun = PoolableRun> {
  /** The newest first. */
  readonly control: readonly R[];
  readonly run: readonly R[];
  /** Why there are none, or fewer than requested, if somebody may wonder. */
  readonly notes: readonly string[];
}

/** Logs that are read for a side, as far as the API says how many there are. */
const maxLogs = 100_000;

/**
 * Chooses the newest completed Runs of the same version and dataset version. They must be created by whoever created the leading
 * Run, if the API says who that was: nobody else's Run may pull a control down.
 * @param runs all Runs of the Evaluation, each once
 */
export function runsToPool<R extends PoolableRun>(
  { run, control }: { readonly run: R; readonly control: R },
  runs: readonly R[],
  sizes: PoolSizes,
): PooledRuns<R> {
  if (sizes.control === 1 && sizes.own === 1) return { control: [], run: [], notes: [] };
  const others = runs.filter(({ id }) => id !== run.id && id !== control.id);
  const [own, other] = [versionIdOf(run), versionIdOf(control)];
  const obstacle = obstacleOf(own, other);
  if (obstacle !== null) {
    const couldBeMeant = others.some((each) => [own, other].includes(versionIdOf(each)));
    return { control: [], run: [], notes: couldBeMeant ? [obstacle] : [] };
  }
  const chosen = { control: choose(control, others, sizes.control), run: choose(run, others, sizes.own) };
  return {
    control: chosen.control.runs,
    run: chosen.run.runs,
    notes: [...limitNote('control', chosen.control), ...limitNote('Run', chosen.run)],
  };
}

function obstacleOf(own: string | null, other: string | null): string | null {
  if (own === null || other === null) {
    return 'No further Runs were compared together with these two, because the API does not say which version each evaluates.';
  }
  return own === other
    ? 'No further Runs were compared together with these two, because both evaluate the same version.'
    : null;
}

interface Chosen<R extends PoolableRun> {
  readonly runs: readonly R[];
  /** Runs that would count but for the number of their Logs. */
  readonly tooMany: number;
}

function choose<R extends PoolableRun>(leading: R, others: readonly R[], size: number): Chosen<R> {
  const qualified = others
    .filter((each) => qualifies(each, leading))
    .sort((a, b) => timeOf(b) - timeOf(a) || (a.id < b.id ? -1 : 1))
    .slice(0, size - 1);
  const affordable = Math.max(1, Math.floor(maxLogs / (leading.dataset?.datapoints_count || 1))) - 1;
  const runs = qualified.slice(0, affordable);
  return { runs, tooMany: qualified.length - runs.length };
}

function qualifies(run: PoolableRun, leading: PoolableRun): boolean {
  const [datasetVersion, creator] = [leading.dataset?.version_id ?? null, leading.created_by?.id ?? null];
  return (
    run.status.toLowerCase() === 'completed' &&
    versionIdOf(run) === versionIdOf(leading) &&
    datasetVersion !== null &&
    run.dataset?.version_id === datasetVersion &&
    (creator === null || run.created_by?.id === creator) &&
    isRequestable(run.id)
  );
}

/** An id that the address of a request has room for. */
function isRequestable(id: string): boolean {
  return id.isWellFormed() && id.length <= 200;
}

function versionIdOf({ version }: PoolableRun): string | null {
  return version?.version_id ?? null;
}

/** In milliseconds; a Run that does not say when it was created is older than all others. */
function timeOf({ created_at }: PoolableRun): number {
  const time = Date.parse(created_at ?? '');
  return Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time;
}

function limitNote(side: string, { runs, tooMany }: Chosen<PoolableRun>): string[] {
  if (tooMany === 0) return [];
  return [
    `Only the newest ${runs.length} of ${runs.length + tooMany} further Runs of the ${side}’s version were read, because all of them have more than ${maxLogs} Logs.`,
  ];
}
