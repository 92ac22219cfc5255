import { z } from '@hono/zod-openapi';
import { readArguments, text } from './options.ts';

const Id = z.object({ id: z.string() });
const Evaluations = z.object({ records: z.array(z.object({ id: z.string(), runs_count: z.int() })) });

/** What the action reads of each answer. */
const Evaluation = z.object({
  id: z.string(),
  evaluators: z.array(
    z.object({
      version: z.object({
        id: z.string(),
        path: z.string(),
        version_id: z.string(),
        spec: z.object({ return_type: z.string(), evaluator_type: z.string() }),
      }),
    }),
  ),
});
const Runs = z.object({
  runs: z.array(z.object({ id: z.string(), status: z.string(), control: z.boolean() })),
});
const Stats = z.object({
  run_stats: z.array(
    z.object({
      run_id: z.string(),
      num_logs: z.int(),
      status: z.string(),
      evaluator_stats: z.array(z.object({ evaluator_version_id: z.string(), total_logs: z.int() })),
    }),
  ),
});
const Logs = z.object({
  records: z.array(z.object({ run_id: z.string(), log: Id, evaluator_logs: z.array(z.unknown()) })),
  page: z.int(),
  size: z.int(),
  total: z.int(),
});
const Refusal = z.object({ detail: z.unknown().refine((detail) => detail !== undefined) });

type Read = <T extends z.ZodType>(
  path: string,
  schema: T,
  request?: { status?: number; init?: RequestInit },
) => Promise<z.output<T>>;

/** Says what a server has of that which the action needs. Reads only. Throws if something is missing. */
export async function check(args: string[]): Promise<void> {
  const { values, positionals } = readArguments(args, { evaluation: text }, ['BASE_URL']);
  const [baseUrl = ''] = positionals;
  const key = process.env.HUMANLOOP_API_KEY ?? '';
  if (!URL.canParse(baseUrl)) throw new Error(`'${baseUrl}' is no address. It ends with the version, such as /v5.`);
  if (key === '') throw new Error('Set HUMANLOOP_API_KEY to a key of the server that may read.');
  const read = reader(baseUrl.replace(/\/+$/, ''), key);
  const id = encodeURIComponent(values.evaluation ?? (await findEvaluation(read)));
  const own = `/evaluations/${id}`;

  const missing: string[] = [];
  const step = async (what: string, look: () => Promise<unknown>) => {
    const problem = await look().then(
      () => undefined,
      (error: Error) => error.message,
    );
    console.log(problem === undefined ? `ok       ${what}` : `missing  ${what}: ${problem}`);
    if (problem !== undefined) missing.push(what);
  };
  await step('the Evaluation and its Evaluators', () => read(own, Evaluation));
  await step('its Runs, with their status and the control', () => read(`${own}/runs`, Runs));
  await step('its statistics', () => read(`${own}/stats`, Stats));
  await step('pages of 100 Logs', () => read(`${own}/logs?page=1&size=100`, Logs));
  await step('pages that follow each other', () => readPages(read, own));
  await step('the Logs of several Runs at once, by repeated run_id', () => readTwoRuns(read, own));
  await step('refusals as JSON with a detail', () =>
    read('/evaluations/evr_that_there_is_none_of', Refusal, { status: 404 }),
  );
  await step('changes of a Run by PATCH', () =>
    read(`${own}/runs/rn_that_there_is_none_of`, Refusal, { status: 404, init: { method: 'PATCH', body: '{}' } }),
  );
  if (missing.length > 0)
    throw new Error(`The action cannot work with ${baseUrl}: it has no ${missing.join('; no ')}.`);
}

function reader(baseUrl: string, key: string): Read {
  return async (path, schema, { status = 200, init = {} } = {}) => {
    const headers = { 'X-API-KEY': key, 'Content-Type': 'application/json' };
    const response = await fetch(baseUrl + path, { ...init, headers }).catch((error: Error) => {
      throw new Error(
        `${baseUrl} cannot be reached: ${error.cause instanceof Error ? error.cause.message : error.message}`,
      );
    });
    if (response.status !== status) throw new Error(`the status is ${response.status}, not ${status}`);
    const body: unknown = await response.json().catch(() => {
      throw new Error('the answer is not JSON');
    });
    const { data, error } = schema.safeParse(body);
    if (error !== undefined) {
      throw new Error(error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
    }
    return data;
  };
}

/** The Evaluation with the most Runs, of the first files that have any. */
async function findEvaluation(read: Read): Promise<string> {
  const { records: files } = await read('/files?size=100', z.object({ records: z.array(Id) })).catch((error: Error) => {
    throw new Error(
      `The files of the server cannot be listed (${error.message}). Name an Evaluation with --evaluation.`,
    );
  });
  for (const { id } of files) {
    const { records } = await read(`/evaluations?file_id=${encodeURIComponent(id)}`, Evaluations);
    const [most] = records.toSorted((a, b) => b.runs_count - a.runs_count);
    if (most !== undefined && most.runs_count > 0) return most.id;
  }
  throw new Error('The server has no Evaluation with a Run among its first files. Name one with --evaluation.');
}

async function readPages(read: Read, own: string): Promise<void> {
  const first = await read(`${own}/logs?page=1&size=1`, Logs);
  const second = await read(`${own}/logs?page=2&size=1`, Logs);
  if (first.total < 2) throw new Error('the Evaluation has less than two Logs. Name another with --evaluation');
  if (first.records[0]?.log.id === second.records[0]?.log.id) throw new Error('the second page is like the first');
}

async function readTwoRuns(read: Read, own: string): Promise<void> {
  const { run_stats } = await read(`${own}/stats`, Stats);
  const [one, other] = run_stats.filter(({ num_logs }) => num_logs > 0);
  if (one === undefined || other === undefined) {
    throw new Error('the Evaluation has less than two Runs with Logs. Name another with --evaluation');
  }
  const query = [one, other].map(({ run_id }) => `run_id=${encodeURIComponent(run_id)}`).join('&');
  const { total } = await read(`${own}/logs?page=1&size=1&${query}`, Logs);
  const expected = one.num_logs + other.num_logs;
  if (total !== expected) throw new Error(`the total is ${total}, not ${expected}`);
}
