/** Builds what a sandbox begins with. All of it follows from fixed keys: each start has the same ids and the same judgments. */

import type { z } from 'zod';
import type { EvaluationAnswer, RunAnswer } from '../server/export/answers.ts';
import {
  askQuestion,
  type Behaviour,
  type Datapoint,
  judgmentOf,
  outcomeOf,
  type ReplyLog,
  replyLog,
  type Verdict,
} from './outcomes.ts';
import { makeId } from './random.ts';
import {
  type Dataset,
  datasetVersion,
  type Evaluator,
  type EvaluatorName,
  evaluatorVersion,
  type Prompt,
  type PromptName,
  promptVersion,
  user,
} from './versions.ts';

export type Role = 'control' | 'better' | 'worse' | 'arriving' | 'pending' | 'few-control' | 'few' | 'intents-control';

export interface World {
  main: EvaluationState;
  /** A second Evaluation, with so few datapoints that it settles little. */
  few: EvaluationState;
  /** A third one that needs no people, for Runs that a workflow creates and judges. */
  intents: EvaluationState;
}

/** An Evaluation with what belongs to it, each as an answer of the API that the exporter would write. */
export interface EvaluationState {
  evaluation: z.input<typeof EvaluationAnswer>;
  /** The version that is deployed. */
  prompt: Prompt;
  dataset: Dataset;
  datapoints: Datapoint[];
  runs: z.input<typeof RunAnswer>[];
  records: EvaluationLog[];
  /** The judgments that are yet to come, in the order of their Logs. */
  missing: MissingJudgment[];
}

interface EvaluationLog {
  run_id: string;
  datapoint: Datapoint;
  log: ReplyLog;
  evaluator_logs: ReturnType<typeof evaluatorLog>[];
}

export interface MissingJudgment extends Verdict {
  parent_id: string;
  evaluator: Evaluator;
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
  status: 'pending' | 'running' | 'completed';
  behaviour: Behaviour;
  /** How many Logs an Evaluator has judged so far; all of them if it is not named. */
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
  return { main: buildEvaluation(main), few: buildEvaluation(few), intents: buildEvaluation(intents) };
}

export function runIdOf(role: Role): string {
  return makeId('rn', role);
}

function buildEvaluation(plan: EvaluationPlan): EvaluationState {
  const evaluators = plan.evaluators.map((name) => ({ name, version: evaluatorVersion(name) }));
  const prompt = promptVersion('baseline');
  const dataset = datasetVersion(plan.name, plan.datapoints);
  const questions = Array.from({ length: plan.datapoints }, (_, index) => askQuestion(plan.name, index));
  const state: EvaluationState = {
    evaluation: {
      id: makeId('evr', plan.name),
      name: `Support bot: ${plan.name}`,
      file_id: prompt.id,
      evaluators: evaluators.map(({ version }) => ({
        version,
        orchestrated: ['python', 'llm'].includes(version.spec.evaluator_type),
        added_at: time(0).toISOString(),
      })),
      created_at: time(0).toISOString(),
      created_by: user,
      updated_at: time(0).toISOString(),
    },
    prompt,
    dataset,
    datapoints: questions.map(({ datapoint }) => datapoint),
    runs: [],
    records: [],
    missing: [],
  };
  for (const [day, { role, prompt: name, status, behaviour, judged }] of plan.runs.entries()) {
    const version = promptVersion(name);
    const runId = runIdOf(role);
    state.runs.push({
      id: runId,
      orchestrated: false,
      dataset,
      version,
      created_at: time(day).toISOString(),
      created_by: user,
      status,
      control: behaviour === asControl,
    });
    for (const [index, question] of questions.entries()) {
      const { datapoint } = question;
      const outcome = outcomeOf(runId, behaviour, datapoint);
      const log = replyLog(runId, version, question, outcome, time(day, index));
      const record: EvaluationLog = { run_id: runId, datapoint, log, evaluator_logs: [] };
      for (const { name, version: evaluator } of evaluators) {
        const verdict = judgmentOf(name, outcome, log.id);
        if (index < (judged?.[name] ?? plan.datapoints)) {
          record.evaluator_logs.push(evaluatorLog(evaluator, log, verdict));
        } else {
          state.missing.push({ parent_id: log.id, evaluator, ...verdict });
        }
      }
      state.records.push(record);
    }
  }
  return state;
}

function evaluatorLog(evaluator: Evaluator, { id, created_at, source_datapoint_id }: ReplyLog, verdict: Verdict) {
  const own = makeId('log', `${id}/${evaluator.path}`);
  return { id: own, parent_id: id, evaluator, ...verdict, created_at, source_datapoint_id };
}

/** Runs are a day apart, and their Logs a minute. */
function time(day: number, minute = 0): Date {
  return new Date(Date.UTC(2025, 2, 3 + day, 9, minute));
}
