/**
 * The Evaluation that the servers of the benchmark serve: two Runs over the same datapoints, each Log with 2 kB of text
 * and the judgments of five evaluators, about 5 kB as JSON. Everything follows from fixed keys, so each start serves the same.
 */
import { chance, makeId, pick } from '../../sandbox/random.ts';
import { products, topics } from '../../sandbox/support-bot.ts';

export const runId = 'rn_1';
export const controlId = 'rn_control';
export const pageSize = 100;

const created_at = '2025-03-04T05:06:07.891011+00:00';

interface Judge {
  readonly name: string;
  readonly spec: object;
  /** From a number in [0, 1) that is different for each Log. */
  readonly judge: (luck: number) => unknown;
}

const judges: readonly Judge[] = [
  {
    name: 'answers the question',
    spec: { evaluator_type: 'llm', return_type: 'boolean' },
    judge: (luck) => luck < 0.9,
  },
  {
    name: 'invents nothing',
    spec: { evaluator_type: 'llm', return_type: 'boolean' },
    judge: (luck) => luck < 0.97,
  },
  {
    name: 'similarity',
    spec: {
      evaluator_type: 'python',
      return_type: 'number',
      number_limits: { min: 0, max: 1 },
      number_valence: 'positive',
    },
    judge: (luck) => Math.sqrt(luck),
  },
  {
    name: 'words',
    spec: { evaluator_type: 'python', return_type: 'number', number_valence: 'negative' },
    judge: (luck) => 40 + Math.floor(80 * luck),
  },
  {
    name: 'tone',
    spec: {
      evaluator_type: 'human',
      return_type: 'select',
      options: [
        { name: 'friendly', valence: 'positive' },
        { name: 'neutral', valence: 'neutral' },
        { name: 'curt', valence: 'negative' },
      ],
    },
    judge: (luck) => (luck < 0.6 ? 'friendly' : luck < 0.9 ? 'neutral' : 'curt'),
  },
];

const evaluators = judges.map(({ name, spec }) => ({
  type: 'evaluator',
  path: `Support/Evaluators/${name}`,
  id: makeId('ev', name),
  name,
  version_id: makeId('evv', name),
  spec,
  created_at,
  updated_at: created_at,
}));

/** Body of `GET /evaluations/{id}`. */
export const evaluation = {
  id: 'evr_1',
  name: 'Support answers',
  url: 'https://app.example.com/evaluations/evr_1',
  runs_count: 2,
  evaluators: evaluators.map((version) => ({ version, orchestrated: true, added_at: created_at })),
  created_at,
  updated_at: created_at,
};

/** The Runs of an Evaluation, the control first: so many of the control's version, all but itself completed, and this Run. */
export function createRuns(controls: number, datapoints: number) {
  const others = Array.from({ length: controls - 1 }, (_, index) =>
    createRun(`${controlId}_${index + 2}`, datapoints, {
      status: 'completed',
      version: createRun(controlId, datapoints).version,
    }),
  );
  return [createRun(controlId, datapoints), ...others, createRun(runId, datapoints)];
}

/** A Run as the API sends it. */
export function createRun(id: string, datapoints: number, changes: object = {}) {
  return {
    id,
    orchestrated: true,
    added_at: created_at,
    created_at,
    created_by: { id: 'usr_1', email_address: 'team@example.com', full_name: 'The Team' },
    status: 'running',
    control: id === controlId,
    dataset: {
      id: 'ds_1',
      version_id: 'dsv_1',
      path: 'Support/Questions',
      name: 'Questions',
      datapoints_count: datapoints,
    },
    version: { type: 'prompt', id: 'pr_1', version_id: `prv_${id}`, path: 'Support/Answer', name: 'Answer' },
    ...changes,
  };
}

/** Body of `GET /evaluations/{id}/stats` while every Run is still missing the last judgment of the last evaluator. */
export function createStats(logs: number) {
  return {
    status: 'running',
    run_stats: [controlId, runId].map((run_id) => ({
      run_id,
      num_logs: logs,
      status: 'running',
      evaluator_stats: evaluators.map(({ version_id }, index) => ({
        evaluator_version_id: version_id,
        total_logs: index < evaluators.length - 1 ? logs : logs - 1,
      })),
    })),
  };
}

/** Every page of the Logs of some Runs, one Run after the other, as the bytes of its JSON. */
export function createLogPages(runIds: readonly string[], logsPerRun: number): Buffer[] {
  const total = runIds.length * logsPerRun;
  return Array.from({ length: Math.ceil(total / pageSize) }, (_, index) => {
    const start = index * pageSize;
    const records = Array.from({ length: Math.min(pageSize, total - start) }, (_, offset) => {
      const position = start + offset;
      return createLog(runIds[Math.floor(position / logsPerRun)] ?? '', position % logsPerRun);
    });
    return Buffer.from(JSON.stringify({ records, page: index + 1, size: pageSize, total }));
  });
}

function createLog(run: string, index: number) {
  const datapoint = makeId('dp', String(index));
  const id = makeId('log', `${run}/${index}`);
  const topic = pick(datapoint, topics);
  const order = String(100_000 + index);
  const question = topic.question.replace('{product}', pick(order, products)).replace('{order}', order);
  const output = text(id, 1200);
  const messages = [
    { role: 'system', content: text('system', 600) },
    { role: 'user', content: question },
  ];
  return {
    run_id: run,
    datapoint: { id: datapoint, inputs: { question }, messages: [], target: { intent: topic.intent } },
    log: {
      id,
      prompt: { type: 'prompt', id: 'pr_1', version_id: `prv_${run}`, path: 'Support/Answer', model: 'gpt-4o' },
      inputs: { question },
      messages,
      output,
      error: null,
      finish_reason: 'stop',
      prompt_tokens: 180 + (index % 40),
      output_tokens: 240 + (index % 90),
      provider_latency: 0.5 + chance(id),
      created_at,
      start_time: created_at,
      end_time: created_at,
      log_status: 'complete',
      source_datapoint_id: datapoint,
      evaluator_logs: [],
    },
    evaluator_logs: judges.map(({ judge }, at) => ({
      id: makeId('log', `${id}/${at}`),
      parent_id: id,
      evaluator: evaluators[at],
      judgment: judge(chance(`${id}/${at}`)),
      error: null,
      created_at,
      log_status: 'complete',
      source_datapoint_id: datapoint,
      evaluator_logs: [],
    })),
  };
}

/** Sentences of a support bot. */
function text(key: string, length: number): string {
  let text = '';
  for (let sentence = 0; text.length < length; sentence++) {
    const [answer, help] = pick(`${key}/${sentence}`, topics).answer;
    text += `${answer}\n${help} `;
  }
  return text.slice(0, length);
}
