/** An Evaluation on a server, made as the official clients make one. */
import type { Reply, TestServer } from './server.ts';

export interface Named {
  readonly id: string;
  readonly version_id: string;
  readonly path: string;
}

export interface Datapoint {
  readonly id: string;
  readonly inputs: Record<string, unknown>;
}

export interface Run {
  readonly id: string;
  readonly status: string;
  readonly control: boolean;
  readonly version: Named | null;
  readonly dataset: Named | null;
  readonly created_by: { readonly id: string } | null;
  readonly comparable: boolean;
}

export interface EvaluatorStats {
  readonly evaluator_version_id: string;
  readonly total_logs: number;
  readonly [figure: string]: unknown;
}

export interface Stats {
  readonly status: string;
  readonly progress: string;
  readonly report: string;
  readonly run_stats: readonly {
    readonly run_id: string;
    readonly status: string;
    readonly num_logs: number;
    readonly evaluator_stats: readonly EvaluatorStats[];
  }[];
}

export interface LogPage {
  readonly records: readonly {
    readonly run_id: string;
    readonly datapoint: Datapoint | null;
    readonly log: Record<string, unknown> & { readonly id: string };
    readonly evaluator_logs: readonly (Record<string, unknown> & { readonly id: string; readonly evaluator: Named })[];
  }[];
  readonly page: number;
  readonly size: number;
  readonly total: number;
}

export type ReturnType = 'boolean' | 'number' | 'select' | 'multi_select' | 'text';

export const specOf = (return_type: ReturnType, more: object = {}) => ({
  arguments_type: 'target_free',
  return_type,
  evaluator_type: 'external',
  ...more,
});

/** The body of an answer that must be a success. */
export function done<T>({ status, body }: Reply<T>): T {
  if (status === 200) return body;
  throw new Error(`The server answered ${status}: ${JSON.stringify(body)}`);
}

/** A client of one Evaluation. */
export interface Recorder {
  readonly flow: Named;
  readonly dataset: Named;
  readonly datapoints: readonly Datapoint[];
  readonly evaluators: readonly Named[];
  readonly evaluationId: string;
  createRun(body?: object): Promise<Run>;
  /** Sends a Log for the datapoint at this place. */
  log(run: Run, index: number, fields?: object): Promise<Reply<{ id: string; version_id: string }>>;
  /** Sends what the Evaluator at this place says of a Log. */
  judge(logId: string, index: number, fields: object): Promise<Reply<{ id: string }>>;
  /** Sends all Logs of a Run, and one judgment of each Evaluator for each. */
  complete(run: Run, judgment: (index: number) => unknown): Promise<void>;
  runs(): Promise<readonly Run[]>;
  statusOf(run: Run): Promise<string | undefined>;
  stats(): Promise<Stats>;
  logs(query?: string): Promise<LogPage>;
}

export async function recordEvaluation(
  { call }: Pick<TestServer, 'call'>,
  {
    size = 3,
    specs = [specOf('boolean')],
    name = 'nightly',
  }: { size?: number; specs?: readonly object[]; name?: string } = {},
): Promise<Recorder> {
  const flow = done(await call<Named>('POST', '/flows', { path: 'bot/answer', attributes: { model: 'small' } }));
  const dataset = done(
    await call<Named & { datapoints: Datapoint[] }>('POST', '/datasets?include_datapoints=true', {
      path: 'bot/questions',
      datapoints: Array.from({ length: size }, (_, index) => ({
        inputs: { question: `Question ${index}` },
        target: { output: `Answer ${index}` },
      })),
    }),
  );
  const evaluators: Named[] = [];
  for (const [index, spec] of specs.entries()) {
    evaluators.push(done(await call<Named>('POST', '/evaluators', { path: `bot/evaluator-${index}`, id: null, spec })));
  }
  const evaluation = done(
    await call<{ id: string }>('POST', '/evaluations', {
      name,
      file: { id: flow.id },
      evaluators: evaluators.map(({ path }) => ({ path })),
    }),
  );
  const own = `/evaluations/${evaluation.id}`;
  const { datapoints } = dataset;

  const recorder: Recorder = {
    flow,
    dataset,
    datapoints,
    evaluators,
    evaluationId: evaluation.id,
    async createRun(body = {}) {
      const references = { dataset: { version_id: dataset.version_id }, version: { version_id: flow.version_id } };
      return done(await call<Run>('POST', `${own}/runs`, { ...references, orchestrated: false, ...body }));
    },
    log: (run, index, fields) =>
      call('POST', `/flows/log?version_id=${flow.version_id}`, {
        id: flow.id,
        run_id: run.id,
        source_datapoint_id: datapoints[index]?.id,
        output: `Answer ${index}`,
        ...fields,
      }),
    judge: (logId, index, fields) =>
      call('POST', `/evaluators/log?version_id=${evaluators[index]?.version_id}`, {
        id: evaluators[index]?.id,
        parent_id: logId,
        ...fields,
      }),
    async complete(run, judgment) {
      for (const index of datapoints.keys()) {
        const { id } = done(await recorder.log(run, index));
        for (const evaluator of evaluators.keys()) {
          done(await recorder.judge(id, evaluator, { judgment: judgment(index) }));
        }
      }
    },
    runs: async () => done(await call<{ runs: Run[] }>('GET', `${own}/runs`)).runs,
    statusOf: async ({ id }) => (await recorder.runs()).find((run) => run.id === id)?.status,
    stats: async () => done(await call<Stats>('GET', `${own}/stats`)),
    logs: async (query = '') => done(await call<LogPage>('GET', `${own}/logs${query}`)),
  };
  return recorder;
}
