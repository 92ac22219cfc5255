/** What a script does that records an Evaluation by the official clients, in as few lines as it takes. */
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Reply {
  readonly status: number;
  readonly body: string;
}

export interface Client {
  call(method: string, path: string, body?: unknown): Promise<Reply>;
  /** The JSON of an answer that must be a success. */
  read<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** How often each status came. */
  readonly statuses: Map<number, number>;
  close(): void;
}

export const apiKey = 'hl_benchmark_key';

export function createClient(baseUrl: string, maxSockets = 64): Client {
  const agent = new Agent({ keepAlive: true, maxSockets });
  const statuses = new Map<number, number>();
  const headers = { 'x-api-key': apiKey, 'content-type': 'application/json' };
  const call = (method: string, path: string, body?: unknown) =>
    new Promise<Reply>((resolve, reject) => {
      const sent = request(baseUrl + path, { method, agent, headers }, (response) => {
        const status = response.statusCode ?? 0;
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        text(response).then((body) => resolve({ status, body }), reject);
      });
      sent.once('error', reject).end(body === undefined ? '' : JSON.stringify(body));
    });
  return {
    call,
    async read(method, path, body) {
      const reply = await call(method, path, body);
      if (reply.status !== 200) throw new Error(`${method} ${path}: ${reply.status} ${reply.body.slice(0, 300)}`);
      return JSON.parse(reply.body);
    },
    statuses,
    close: () => agent.destroy(),
  };
}

export interface Connection {
  get(path: string): Promise<void>;
  close(): void;
}

/**
 * Asks one thing after another, and lets what comes go by: to decode and to read an answer is the client's time, and no part of how fast
 * the server is. Rejects unless the answer is a success that says its length.
 */
export function openConnection(baseUrl: string): Connection {
  const { hostname, port, pathname } = new URL(baseUrl);
  let opened: Socket | undefined;
  // With the first question: the server ends a connection on which nothing is asked. Errors are followed by the end.
  const open = () =>
    connect(Number(port), hostname)
      .on('error', () => {})
      .on('close', () => (opened = undefined));
  const get = (path: string) =>
    new Promise<void>((resolve, reject) => {
      opened ??= open();
      const socket = opened;
      const fail = () => reject(new Error(`GET ${path}: the connection ended.`));
      let left: number | undefined;
      const take = (bytes: Buffer) => {
        left ??= lengthOf(bytes);
        left -= bytes.length;
        if (left > 0) return;
        socket.off('data', take).off('close', fail);
        if (left === 0) resolve();
        else reject(new Error(`GET ${path}: ${bytes.toString('latin1', 0, 300)}`));
      };
      socket.on('data', take).on('close', fail);
      socket.write(`GET ${pathname}${path} HTTP/1.1\r\nhost: ${hostname}\r\nx-api-key: ${apiKey}\r\n\r\n`);
    });
  return { get, close: () => opened?.destroy() };
}

/** Of a whole answer, by its first bytes: they have its head. NaN if that does not say it. */
function lengthOf(bytes: Buffer): number {
  const answer = bytes.toString('latin1', 0, 1_000);
  const [head = '', length] = /^HTTP\/1\.1 200 .*?\r\ncontent-length: (\d+)\r\n.*?\r\n\r\n/is.exec(answer) ?? [];
  return head.length + Number(length);
}

interface Named {
  readonly id: string;
  readonly version_id: string;
}

/** An Evaluation, and what is needed to record a Run of it. */
export interface Recorded {
  readonly evaluationId: string;
  readonly flow: Named;
  readonly dataset: Named & { readonly datapoints: readonly { readonly id: string }[] };
  readonly evaluators: readonly Named[];
  createRun(): Promise<{ id: string }>;
}

const external = { arguments_type: 'target_free', evaluator_type: 'external' };

/** What the five evaluators of the benchmark answer. */
export const specs = [
  { ...external, return_type: 'boolean' },
  { ...external, return_type: 'boolean' },
  { ...external, return_type: 'number', number_limits: { min: 0, max: 100 }, number_valence: 'positive' },
  { ...external, return_type: 'number', number_valence: 'negative' },
  {
    ...external,
    return_type: 'select',
    options: [
      { name: 'friendly', valence: 'positive' },
      { name: 'curt', valence: 'negative' },
    ],
  },
] as const;

/** Makes all that a Run needs, or finds it: the same name is the same Evaluation. */
export async function record(
  { call, read }: Client,
  { name, datapoints, evaluators: count }: { name: string; datapoints: number; evaluators: number },
): Promise<Recorded> {
  const flow = await read<Named>('POST', '/flows', { path: `bench/${name}`, attributes: { model: 'small' } });
  const dataset = await read<Recorded['dataset']>('POST', '/datasets?include_datapoints=true', {
    path: `bench/${name} questions`,
    datapoints: Array.from({ length: datapoints }, (_, index) => ({ inputs: { question: `Question ${index}` } })),
  });
  const evaluators: Named[] = [];
  for (const [index, spec] of specs.slice(0, count).entries()) {
    evaluators.push(await read<Named>('POST', '/evaluators', { path: `bench/evaluator ${index}`, spec }));
  }
  const made = await call('POST', '/evaluations', { name, file: { id: flow.id }, evaluators });
  if (made.status !== 200 && made.status !== 409) throw new Error(`The Evaluation: ${made.status} ${made.body}`);
  const { records } = await read<{ records: { id: string }[] }>('GET', `/evaluations?file_id=${flow.id}`);
  const [evaluation] = records;
  if (evaluation === undefined) throw new Error(`There is no Evaluation ${name}.`);
  return {
    evaluationId: evaluation.id,
    flow,
    dataset,
    evaluators,
    createRun: () =>
      read('POST', `/evaluations/${evaluation.id}/runs`, {
        dataset: { version_id: dataset.version_id },
        version: { version_id: flow.version_id },
        orchestrated: false,
      }),
  };
}

/** As models write it: with characters beyond ASCII. */
const sentence = 'Your parcel is on its way – you’ll have it on the next working day, at the latest. ';

/** A Log with 2 kB of text. */
export function logOf(
  { flow }: Pick<Recorded, 'flow'>,
  runId: string | null,
  datapoint: string | null,
  output: string,
) {
  return {
    id: flow.id,
    run_id: runId,
    source_datapoint_id: datapoint,
    inputs: { question: 'Where is my order?' },
    output: `${output} ${sentence.repeat(22)}`,
  };
}

/** Works off all items, so many at a time. */
export async function inParallel<T>(
  items: readonly T[],
  workers: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (const item of left) await work(item);
    }),
  );
}

/** Threads of the official client for Python. */
const workers = 32;
const maxWaitMs = 120_000;

/** A whole run of a script: Logs and judgments by its threads, then waits until the server says that the Run is completed. */
export async function runScript(client: Client, name: string, size: number): Promise<void> {
  const recorded = await record(client, { name, datapoints: size, evaluators: 2 });
  const run = await recorded.createRun();
  await inParallel(recorded.dataset.datapoints, workers, async ({ id }) => {
    const path = `/flows/log?version_id=${recorded.flow.version_id}`;
    const log = await client.read<{ id: string }>('POST', path, logOf(recorded, run.id, id, id));
    await client.read('GET', `/logs/${log.id}`);
    for (const { id: evaluator } of recorded.evaluators) {
      await client.read('POST', '/evaluators/log', { parent_id: log.id, id: evaluator, judgment: true });
    }
  });
  const latest = performance.now() + maxWaitMs;
  for (;;) {
    const stats = await client.read<{ run_stats: { run_id: string; status: string }[] }>(
      'GET',
      `/evaluations/${recorded.evaluationId}/stats`,
    );
    if (stats.run_stats.find(({ run_id }) => run_id === run.id)?.status === 'completed') return;
    if (performance.now() > latest) throw new Error(`The Run ${run.id} is not completed.`);
    await sleep(500);
  }
}
