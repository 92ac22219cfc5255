/** Makes a Run of results: what belongs to it first, then all Logs, then their judgments, after the last of which it is complete. */
import type { Client, OpenClient } from '../src/humanloop/client.ts';
import { HttpError } from '../src/humanloop/errors.ts';
import { info } from '../src/runner/log.ts';
import { setOutputs } from '../src/runner/outputs.ts';
import { plain } from '../src/text/escape.ts';
import {
  datasetOf,
  type Evaluation,
  evaluationsOf,
  evaluatorOf,
  flowOf,
  moreEvaluators,
  newEvaluation,
  newJudgment,
  newLog,
  newRun,
  type Version,
} from './calls.ts';
import { inParallel } from './parallel.ts';
import { createProgress } from './progress.ts';
import type { Result, Results } from './results.ts';
import { type Score, specOf } from './scores.ts';

/** Requests at a time. A server that commits several together is asked for several. */
const maxRequests = 48;

export interface Recording {
  /** The name of the Evaluation. */
  readonly evaluation: string;
  readonly version: string;
}

/** What a Run refers to. */
interface Parts {
  readonly flow: Version;
  readonly dataset: Version;
  /** Ids of the datapoints, by those of the results. */
  readonly datapoints: ReadonlyMap<string, string>;
  readonly evaluators: readonly (Score & { readonly version: Version })[];
  readonly evaluationId: string;
}

/**
 * Sets the outputs as soon as they are known. If the recording fails, the Run is cancelled.
 * @param reconnect a client that works after this step was interrupted
 */
export async function recordRun(
  results: Results,
  recording: Recording,
  client: OpenClient,
  reconnect: () => Promise<Client>,
): Promise<void> {
  const parts = await makeParts(results, recording, client);
  const { evaluationId } = parts;
  setOutputs({ 'evaluation-id': evaluationId });
  const { id: runId } = await client.request(newRun(evaluationId, parts.dataset, parts.flow));
  setOutputs({ 'run-id': runId });
  try {
    await fillRun(runId, results.lines, parts, client);
  } catch (error) {
    await cancel(evaluationId, runId, reconnect);
    throw error;
  }
  const { lines, scores } = results;
  const missing = lines.reduce((sum, line) => sum + scores.filter(({ name }) => isMissing(line, name)).length, 0);
  info(
    `Recorded ${lines.length} results of ${parts.datapoints.size} datapoints, with ${scores.length} scores, as Run ${plain(runId)} of Evaluation ${plain(evaluationId)}.${missing > 0 ? ` ${missing} scores are missing in them: these count as not judged.` : ''}`,
  );
}

function isMissing({ scores }: Result, name: string): boolean {
  return (scores[name] ?? null) === null;
}

async function makeParts(
  { lines, scores }: Results,
  { evaluation, version }: Recording,
  client: OpenClient,
): Promise<Parts> {
  // In an order of their own, since many tools write results as they come: the same datapoints are then the same Dataset.
  const ids = [...new Set(lines.map(({ id }) => id))].sort();
  const [flow, dataset, ...evaluators] = await Promise.all([
    client.request(flowOf(evaluation, { version }, version)),
    client.request(datasetOf(`${evaluation}/datasets/results`, ids)),
    ...scores.map(async (score) => {
      return { ...score, version: await client.request(evaluatorOf(`${evaluation}/${score.name}`, specOf(score))) };
    }),
  ]);
  const versions = evaluators.map((each) => each.version);
  return {
    flow,
    dataset,
    datapoints: new Map(dataset.datapoints.map(({ id, inputs }) => [String(inputs?.id), id])),
    evaluators,
    evaluationId: await findOrMake(evaluation, flow, versions, client),
  };
}

/** The Evaluation of this Flow with this name, with these versions of its evaluators. */
async function findOrMake(
  name: string,
  flow: Version,
  evaluators: readonly Version[],
  client: OpenClient,
): Promise<string> {
  try {
    return (await client.request(newEvaluation(name, flow.id, evaluators))).id;
  } catch (error) {
    const known = error instanceof HttpError && error.status === 409 && (await findByName(name, flow.id, client));
    if (!known) throw error;
    const listed = known.evaluators.map((each) => each.version.version_id);
    const others = evaluators.filter(({ version_id }) => !listed.includes(version_id));
    if (others.length > 0) await client.request(moreEvaluators(known.id, others));
    return known.id;
  }
}

async function findByName(name: string, fileId: string, client: OpenClient): Promise<Evaluation | undefined> {
  for (let page = 1; ; page++) {
    const { records } = await client.request(evaluationsOf(fileId, page));
    const found = records.find((each) => each.name === name);
    if (found !== undefined || records.length === 0) return found;
  }
}

async function fillRun(runId: string, lines: readonly Result[], parts: Parts, client: OpenClient): Promise<void> {
  const stop = new AbortController();
  const impatient = client.abortedBy(stop.signal);
  const { flow, datapoints, evaluators } = parts;
  const attempts = attemptsOf(lines);
  const progress = createProgress({ logs: lines.length, judgments: lines.length * evaluators.length }, info);
  const logIds: string[] = [];
  try {
    await inParallel(lines, maxRequests, async (line, index) => {
      const body = {
        run_id: runId,
        source_datapoint_id: datapoints.get(line.id),
        ...logOf(line, attempts[index] ?? 1),
      };
      logIds[index] = (await impatient.request(newLog(flow, body, `the Log of ${plain(line.id)}`))).id;
      progress.count('logs');
    });
    const judgments = lines.flatMap((line, index) =>
      evaluators.map((score) => ({ line, score, logId: logIds[index] })),
    );
    await inParallel(judgments, maxRequests, async ({ line, score, logId }) => {
      const body = { parent_id: logId, judgment: line.scores[score.name] ?? null };
      await impatient.request(newJudgment(score.version, body, `the score ${plain(score.name)} of ${plain(line.id)}`));
      progress.count('judgments');
    });
  } catch (error) {
    stop.abort(error);
    throw error;
  }
}

/** How often the id of each line has come by then: a server keeps the same once, and attempts may well be the same. */
function attemptsOf(lines: readonly Result[]): number[] {
  const counts = new Map<string, number>();
  return lines.map(({ id }) => {
    const count = (counts.get(id) ?? 0) + 1;
    counts.set(id, count);
    return count;
  });
}

/**
 * The fields of a Log. Its datapoint has nothing but an id, and so stays the same when texts are edited. The Log repeats that id
 * beside its input: it is what people know the datapoint by.
 */
function logOf({ id, input, output, target, error }: Result, attempt: number): object {
  const metadata = { ...(target == null ? {} : { target }), ...(attempt === 1 ? {} : { attempt }) };
  return {
    inputs: { id, ...(isObject(input) ? input : input == null ? {} : { input }) },
    output: textOf(output),
    error: textOf(error),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    log_status: 'complete',
  };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | null {
  if (value == null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What led to it is reported, not whether it worked. */
async function cancel(evaluationId: string, runId: string, reconnect: () => Promise<Client>): Promise<void> {
  try {
    await (await reconnect()).updateRun(evaluationId, runId, { status: 'cancelled' });
    info(`Run ${plain(runId)} was cancelled.`);
  } catch {
    info(`Run ${plain(runId)} could not be cancelled. It stays incomplete.`);
  }
}
