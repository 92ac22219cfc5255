/** What was asked and answered at the datapoints that a report names: read after the verdict, and only for these. */
import { explain } from '../errors.ts';
import type { Client } from '../humanloop/client.ts';
import { HttpError } from '../humanloop/errors.ts';
import { readLogs } from '../humanloop/logs/pages.ts';
import { type LogTexts, textsOf } from '../humanloop/logs/texts.ts';
import { logIdsOf } from '../report/datapoints.ts';
import type { ChangedDatapoint, ChangedDatapoints, DatapointTexts } from '../report/report.ts';
import type { GatedStep } from '../step.ts';

const logsInFlight = 4;
/** Reasons of one datapoint. */
const maxReasons = 5;
/** Of an id that a request can name. */
const maxIdLength = 1_000;

/**
 * Adds the texts to the datapoints that are shown. Together they may take as long as one request. What cannot be read is a note,
 * and never changes a verdict.
 * @param runIds of the Runs that were compared
 * @throws the reason of the step's signal if that is aborted meanwhile
 */
export async function withTexts(
  { client, inputs, report, signal }: GatedStep,
  changed: ChangedDatapoints,
  runIds: readonly string[],
): Promise<ChangedDatapoints> {
  const wanted = new Set(changed.shown.flatMap(logsOf).filter((id) => id !== undefined));
  const found = new Map<string, LogTexts>();
  const seconds = inputs['request-timeout-seconds'];
  const end = AbortSignal.timeout(seconds * 1000);
  const hurried = client.abortedBy(end);
  try {
    await readEach(hurried, Array.from(wanted).filter(isRequestable), found);
    if (found.size < wanted.size) await readPages(hurried, inputs['evaluation-id'], runIds, wanted, found);
  } catch (error) {
    signal.throwIfAborted();
    const why = end.aborted ? `They did not arrive within ${seconds} s.` : explain(error).message;
    report.notes.push(`Not all texts of the datapoints could be read, and the verdict does not need them. ${why}`);
  }
  return { ...changed, hasTexts: true, shown: changed.shown.map((datapoint) => described(datapoint, changed, found)) };
}

/** The first Log of the control and of the Run, as far as there is one. */
function logsOf(datapoint: ChangedDatapoint): (string | undefined)[] {
  return [logIdsOf(datapoint, 'control')[0], logIdsOf(datapoint, 'run')[0]];
}

/** An id of dots would name another path. */
function isRequestable(id: string): boolean {
  return id.isWellFormed() && id.length <= maxIdLength && !/^\.{0,2}$/.test(id);
}

/** Reads Log by Log, until the server does not know one or has no such route. */
async function readEach(client: Client, ids: readonly string[], found: Map<string, LogTexts>): Promise<void> {
  const stop = new AbortController();
  const impatient = client.abortedBy(stop.signal);
  const queue = [...ids];
  async function readOn(): Promise<void> {
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      try {
        found.set(id, await impatient.getLogTexts(id));
      } catch (error) {
        if (!isNotThere(error)) {
          stop.abort(error);
          throw error;
        }
        queue.length = 0;
      }
    }
  }
  await Promise.all(Array.from({ length: logsInFlight }, readOn));
}

function isNotThere(error: unknown): boolean {
  return error instanceof HttpError && (error.status === 404 || error.status === 405);
}

/** Reads the pages of Logs again until all that are wanted have been found. */
async function readPages(
  client: Client,
  evaluationId: string,
  runIds: readonly string[],
  wanted: ReadonlySet<string>,
  found: Map<string, LogTexts>,
): Promise<void> {
  const enough = new AbortController();
  try {
    await readLogs(client.keepingTexts().abortedBy(enough.signal), evaluationId, runIds, (log) => {
      const texts = wanted.has(log.log.id) ? textsOf(log) : undefined;
      if (texts) found.set(texts.id, texts);
      if (found.size === wanted.size) enough.abort();
    });
  } catch (error) {
    if (!enough.signal.aborted) throw error;
  }
}

/** The reasons are those for the Run's judgments, by the evaluators that changed for the worse. */
function described(
  datapoint: ChangedDatapoint,
  { columns }: ChangedDatapoints,
  found: ReadonlyMap<string, LogTexts>,
): ChangedDatapoint {
  const [control, run] = logsOf(datapoint).map((id) => (id === undefined ? undefined : found.get(id)));
  if (!control && !run) return datapoint;
  const judges = columns.filter((_, column) => datapoint.cells[column] !== undefined);
  const versions = new Set(judges.map(({ row }) => row.version_id));
  const texts: DatapointTexts = {
    input: run?.input ?? control?.input,
    target: run?.target ?? control?.target,
    control: control?.output,
    run: run?.output,
    reasons: (run?.reasons ?? []).filter(({ versionId }) => versions.has(versionId)).slice(0, maxReasons),
  };
  return { ...datapoint, texts };
}
