/** Builds what a sandbox serves. All of it hangs on fixed keys: each start has the same ids and the same judgments. */

import { type DatasetState, type EvaluationState, evaluatorLog } from './evaluations.ts';
import { askQuestion, type Behaviour, judgmentOf, outcomeOf, replyLog } from './outcomes.ts';
import { makeId } from './random.ts';
import {
  datasetVersion,
  type EvaluatorName,
  evaluatorVersion,
  type PromptName,
  promptVersion,
  user,
} from './versions.ts';
import type { EvaluationLog, EvaluatorLog, Run, RunStatus } from './wire.ts';

export type Role = 'control' | 'better' | 'worse' | 'arriving' | 'pending' | 'few-control' | 'few' | 'intents-control';

export interface World {
  main: EvaluationState;
  /** A second Evaluation, with so few datapoints that it settles little. */
  few: EvaluationState;
  /** A third one that needs no people, for Runs that a workflow creates and judges. */
  intents: EvaluationState;
  datasets: DatasetState[];
  /** The judgments that the arriving Run still lacks, as bodies of `POST /evaluators/log`, in the order of its Logs. */
  missing: MissingJudgment[];
}

export interface MissingJudgment extends Pick<EvaluatorLog, 'parent_id' | 'judgment' | 'error'> {
  /** Of the Evaluator. */
  path: string;
}

interface EvaluationPlan {
  name: string;
  datapoints: number;
  evaluators: EvaluatorName[];
  runs: RunPlan[];
}

interface RunPlan {
  role: Role;
  prompt: PromptName;
  status: RunStatus;
  behaviour: Behaviour;
  /** How many Logs an Evaluator has judged so far; all of them where it is not named. */
  judged?: Partial<Record<EvaluatorName, number>>;
}

const asControl: Behaviour = { correct: 0, tone: 0, helpfulness: 0, pace: 1 };

const main: EvaluationPlan = {
  name: 'answer-quality',
  datapoints: 200,
  evaluators: ['exact-match', 'tone', 'latency', 'helpfulness', 'reviewer-remarks'],
  runs: [
    { role: 'control', prompt: 'baseline', status: 'completed', behaviour: asControl },
    {
      role: 'better',
      prompt: 'intents with examples',
      status: 'running',
      behaviour: { correct: 0.12, tone: 0.06, helpfulness: 0.08, pace: 1 },
    },
    {
      role: 'worse',
      prompt: 'smaller model',
      status: 'running',
      behaviour: { correct: -0.12, tone: 0.03, helpfulness: -0.08, pace: 0.7 },
    },
    {
      role: 'arriving',
      prompt: 'next step first',
      status: 'running',
      behaviour: { correct: 0.07, tone: 0.03, helpfulness: 0.07, pace: 0.99 },
      judged: { latency: 160, helpfulness: 61, 'reviewer-remarks': 61 },
    },
    {
      role: 'pending',
      prompt: 'plain words',
      status: 'pending',
      behaviour: { correct: 0.01, tone: 0.02, helpfulness: 0.01, pace: 1 },
    },
  ],
};

const few: EvaluationPlan = {
  name: 'escalations',
  datapoints: 12,
  evaluators: ['exact-match', 'helpfulness'],
  runs: [
    { role: 'few-control', prompt: 'baseline', status: 'completed', behaviour: asControl },
    {
      role: 'few',
      prompt: 'plain words',
      status: 'running',
      behaviour: { correct: -0.1, tone: 0, helpfulness: -0.02, pace: 1 },
    },
  ],
};

const intents: EvaluationPlan = {
  name: 'intents',
  datapoints: 60,
  evaluators: ['exact-match', 'latency'],
  runs: [{ role: 'intents-control', prompt: 'baseline', status: 'completed', behaviour: asControl }],
};

export function buildWorld(): World {
  const world = { datasets: [], missing: [] };
  return {
    ...world,
    main: buildEvaluation(main, world),
    few: buildEvaluation(few, world),
    intents: buildEvaluation(intents, world),
  };
}

export function runIdOf(role: Role): string {
  return makeId('rn', role);
}

/** Adds the dataset, and the judgments that are yet to come. */
function buildEvaluation(
  plan: EvaluationPlan,
  { datasets, missing }: Pick<World, 'datasets' | 'missing'>,
): EvaluationState {
  const id = makeId('evr', plan.name);
  const evaluators = plan.evaluators.map((name) => ({ name, version: evaluatorVersion(name) }));
  const dataset = datasetVersion(plan.name, plan.datapoints);
  const questions = Array.from({ length: plan.datapoints }, (_, index) => askQuestion(plan.name, index));
  datasets.push({ dataset, datapoints: questions.map(({ datapoint }) => datapoint) });
  const state: EvaluationState = {
    evaluation: {
      id,
      name: `Support bot: ${plan.name}`,
      file_id: promptVersion('baseline').id,
      evaluators: evaluators.map(({ version }) => ({
        version,
        orchestrated: ['python', 'llm'].includes(version.spec.evaluator_type),
        added_at: time(0).toISOString(),
      })),
      created_at: time(0).toISOString(),
      created_by: user,
      updated_at: time(0).toISOString(),
      url: `https://app.humanloop.example/evaluations/${id}`,
    },
    runs: [],
    records: [],
  };
  for (const [day, { role, prompt, status, behaviour, judged }] of plan.runs.entries()) {
    const version = promptVersion(prompt);
    const run: Run = {
      id: runIdOf(role),
      orchestrated: false,
      dataset,
      version,
      added_at: time(day).toISOString(),
      created_at: time(day).toISOString(),
      created_by: user,
      status,
      control: behaviour === asControl,
    };
    state.runs.push(run);
    for (const [index, question] of questions.entries()) {
      const { datapoint } = question;
      const outcome = outcomeOf(run, behaviour, datapoint);
      const log = replyLog(run.id, version, question, outcome, time(day, index));
      const record: EvaluationLog = { run_id: run.id, datapoint, log, evaluator_logs: [] };
      for (const { name, version: evaluator } of evaluators) {
        const judgment = judgmentOf(name, outcome, log.id);
        if (index < (judged?.[name] ?? plan.datapoints)) {
          const position = record.evaluator_logs.length;
          record.evaluator_logs.push(evaluatorLog(evaluator, log, judgment, log.created_at, position));
        } else {
          missing.push({ parent_id: log.id, path: evaluator.path, ...judgment });
        }
      }
      state.records.push(record);
    }
  }
  return state;
}

/** Runs are a day apart, and their Logs a minute. */
function time(day: number, minute = 0): Date {
  return new Date(Date.UTC(2025, 2, 3 + day, 9, minute));
}
