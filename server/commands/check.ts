import { z } from '@hono/zod-openapi';
import { readArguments, requireAddress, text } from './options.ts';

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

const Files = z.object({ records: z.array(Id) });

/** Says nothing of one thing that the action needs, but of all of them: the check ends. */
class Fatal extends Error {}

/** Leaves open whether the server has what was looked for. */
class Unknown extends Error {}

interface Answer {
  readonly status: number;
  /** Undefined if the body is no JSON. */
  readonly json: unknown;
}

interface Api {
  readonly baseUrl: string;
  /** Throws for answers that do not depend on what the server has. */
  ask(path: string, init?: RequestInit): Promise<Answer>;
  /** Throws unless the answer is as expected. */
  read<T extends z.ZodType>(path: string, schema: T, status?: number, init?: RequestInit): Promise<z.output<T>>;
}

/** Says what a server has of that which the action needs. Reads only. Throws if something is missing, or cannot be known. */
export async function check(args: string[]): Promise<void> {
  const { values, positionals } = readArguments(args, { evaluation: text }, ['BASE_URL']);
  const [baseUrl = ''] = positionals;
  requireAddress('BASE_URL', baseUrl, 'http://127.0.0.1:8080/v5');
  const api = connect(baseUrl.replace(/\/+$/, ''), readKey());
  const { read } = api;
  const id =
    values.evaluation === undefined ? await findEvaluation(api) : await requireEvaluation(api, values.evaluation);
  const own = `/evaluations/${encodeURIComponent(id)}`;

  const missing: string[] = [];
  const unknown: string[] = [];
  const step = async (what: string, look: () => Promise<unknown>) => {
    try {
      await look();
      console.log(`ok       ${what}`);
    } catch (error) {
      if (error instanceof Fatal || !(error instanceof Error)) throw error;
      const isUnknown = error instanceof Unknown;
      console.log(`${isUnknown ? 'unknown ' : 'missing '} ${what}: ${error.message}`);
      (isUnknown ? unknown : missing).push(what);
    }
  };
  await step('the Evaluation and its Evaluators', () => read(own, Evaluation));
  await step('its Runs, with their status and the control', () => read(`${own}/runs`, Runs));
  await step('its statistics', () => read(`${own}/stats`, Stats));
  await step('pages of 100 Logs', () => read(`${own}/logs?page=1&size=100`, Logs));
  await step('pages that follow each other', () => readPages(api, own));
  await step('the Logs of several Runs at once, by repeated run_id', () => readTwoRuns(api, own));
  await step('refusals as JSON with a detail', () => read('/evaluations/evr_that_there_is_none_of', Refusal, 404));
  await step('changes of a Run by PATCH', () =>
    read(`${own}/runs/rn_that_there_is_none_of`, Refusal, 404, { method: 'PATCH', body: '{}' }),
  );
  if (missing.length > 0) {
    throw new Error(
      `The action cannot work with ${api.baseUrl}. Use a server that has what is missing: ${missing.join('; ')}.`,
    );
  }
  if (unknown.length > 0) {
    throw new Error(
      `It is not known whether the action can work with ${api.baseUrl}. Do what is said above, and check again: ${unknown.join('; ')}.`,
    );
  }
}

function readKey(): string {
  const key = process.env.HUMANLOOP_API_KEY?.trim() ?? '';
  if (key === '') throw new Error('Set HUMANLOOP_API_KEY to a key of the server that may read.');
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new Error('HUMANLOOP_API_KEY has a character that no key has. Set it to the key and nothing else.');
}

/** How long an answer may take, in milliseconds. */
const maxAnswerMs = 30_000;

function connect(baseUrl: string, key: string): Api {
  const ask = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const { status, body } = await send(baseUrl + path, key, init).catch((error: unknown) => {
      throw new Fatal(`${baseUrl} cannot be reached: ${reasonOf(error)}. Check the address, and that its server runs.`);
    });
    const what = `${init.method ?? 'GET'} ${path}`;
    if (status === 401) {
      throw new Fatal(
        `${baseUrl} does not know the key in HUMANLOOP_API_KEY (401). Set it to a valid key of this server.`,
      );
    }
    if (status === 403) {
      throw new Unknown(
        `HUMANLOOP_API_KEY holds a key that does not allow ${what} (403). Set it to one that does: of this project's server, with the scope record or gate.`,
      );
    }
    if (status === 429 || status >= 500) {
      throw new Unknown(
        `${what} was answered with HTTP ${status}. Check again later, or see why in the log of the server.`,
      );
    }
    return { status, json: parse(body) };
  };
  return {
    baseUrl,
    ask,
    async read(path, schema, expected = 200, init = {}) {
      const { status, json } = await ask(path, init);
      if (status !== expected) throw new Error(`the status is ${status}, not ${expected}`);
      if (json === undefined) throw new Error('the answer is not JSON');
      const { data, error } = schema.safeParse(json);
      if (error === undefined) return data;
      throw new Error(error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
    },
  };
}

/** The key goes to no other host, wherever the server leads to. */
async function send(url: string, key: string, init: RequestInit): Promise<{ status: number; body: string }> {
  const headers = { 'X-API-KEY': key, 'Content-Type': 'application/json' };
  const signal = AbortSignal.timeout(maxAnswerMs);
  const response = await fetch(url, { ...init, headers, signal, redirect: 'manual' });
  return { status: response.status, body: await response.text() };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${maxAnswerMs / 1000} s`;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  // Of a name with several addresses, there is a reason for each, and one code for all.
  return cause.message || ('code' in cause ? String(cause.code) : error.message);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** What a server without this API answers, or one with it at another path. */
function otherApi({ baseUrl }: Api, path: string, { status }: Answer): Fatal {
  return new Fatal(
    `${baseUrl} is not the address of Humanloop's API: GET ${path} is answered with ${status}, and not as that does. Check BASE_URL, which ends with the version, as in http://127.0.0.1:8080/v5.`,
  );
}

const isRefusal = ({ json }: Answer) => Refusal.safeParse(json).success;

/** Throws if there is no such Evaluation, of which nothing could be said. Returns its id. */
async function requireEvaluation(api: Api, id: string): Promise<string> {
  const path = `/evaluations/${encodeURIComponent(id)}`;
  const answer = await api.ask(path);
  if (answer.json === undefined || (answer.status !== 200 && !isRefusal(answer))) throw otherApi(api, path, answer);
  if (answer.status === 200) return id;
  throw new Fatal(
    `${api.baseUrl} has no Evaluation '${id}' (${answer.status}). Name another with --evaluation, or none to have one found.`,
  );
}

/** The first Evaluation with two Runs, or else the one with the most, of the first files. */
async function findEvaluation(api: Api): Promise<string> {
  const answer = await api.ask('/files?size=100');
  const files = Files.safeParse(answer.json);
  if (answer.status !== 200 && isRefusal(answer)) {
    throw new Fatal(
      `${api.baseUrl} does not list its files (${answer.status}), in which an Evaluation is looked for. Check that the address ends with the version, such as /v5; if it does, name an Evaluation with --evaluation.`,
    );
  }
  if (answer.status !== 200 || !files.success) throw otherApi(api, '/files', answer);
  let most = { id: '', runs_count: 0 };
  for (const { id } of files.data.records) {
    const { records } = await api
      .read(`/evaluations?file_id=${encodeURIComponent(id)}`, Evaluations)
      .catch((error: Error) => {
        throw error instanceof Fatal || error instanceof Unknown
          ? error
          : new Fatal(`${api.baseUrl} does not list its Evaluations: ${error.message}. Name one with --evaluation.`);
      });
    for (const evaluation of records) if (evaluation.runs_count > most.runs_count) most = evaluation;
    if (most.runs_count >= 2) break;
  }
  if (most.runs_count > 0) return most.id;
  throw new Fatal(
    `${api.baseUrl} has no Evaluation with a Run among its first files. Record two Runs of one, or name one with --evaluation.`,
  );
}

async function readPages({ read }: Api, own: string): Promise<void> {
  const first = await read(`${own}/logs?page=1&size=1`, Logs);
  if (first.total < 2) throw tooSmall('Logs');
  const second = await read(`${own}/logs?page=2&size=1`, Logs);
  if (first.records[0]?.log.id === second.records[0]?.log.id) throw new Error('the second page is like the first');
}

async function readTwoRuns({ read }: Api, own: string): Promise<void> {
  const { run_stats } = await read(`${own}/stats`, Stats);
  const [one, other] = run_stats.filter(({ num_logs }) => num_logs > 0);
  if (one === undefined || other === undefined) throw tooSmall('Runs with Logs');
  const query = [one, other].map(({ run_id }) => `run_id=${encodeURIComponent(run_id)}`).join('&');
  const { total } = await read(`${own}/logs?page=1&size=1&${query}`, Logs);
  const expected = one.num_logs + other.num_logs;
  if (total !== expected) throw new Error(`the total is ${total}, not ${expected}`);
}

function tooSmall(what: string): Unknown {
  return new Unknown(`The Evaluation has fewer than two ${what}. Record more, or name another with --evaluation.`);
}
