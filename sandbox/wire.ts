/** The shapes that the sandbox sends, named and spelt as in the Humanloop v5 API. */

export type RunStatus = 'pending' | 'running' | 'completed' | 'cancelled';
export type Valence = 'positive' | 'neutral' | 'negative';
export type Judgment = boolean | number | string | string[];

export interface EvaluatorSpec {
  evaluator_type: 'python' | 'llm' | 'human' | 'external';
  return_type: 'boolean' | 'number' | 'select' | 'multi_select' | 'text';
  arguments_type: 'target_free' | 'target_required';
  options?: { name: string; valence: Valence | null }[];
  number_limits?: { min: number | null; max: number | null; step: number | null };
  number_valence?: Valence;
  code?: string;
  prompt?: PromptBody;
  instructions?: string;
}

export interface PromptBody {
  model: string;
  endpoint: 'chat';
  provider: 'openai';
  template: ChatMessage[];
  template_language: 'default';
  max_tokens: number;
  temperature: number;
}

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** What names a version of a file: the version itself, or the file, of which the deployed version is meant. */
export interface FileReference {
  path: string | null;
  id: string | null;
  version_id: string | null;
}

/** What the versions of all kinds of files have in common. */
export interface FileVersion {
  path: string;
  id: string;
  name: string;
  version_id: string;
  version_name: string | null;
  description: string | null;
  created_at: string;
  updated_at: string;
  last_used_at: string;
  created_by: User;
}

export interface User {
  id: string;
  email_address: string;
  full_name: string;
}

/** A version that makes or judges Logs. */
export interface LoggedVersion extends FileVersion {
  version_logs_count: number;
  total_logs_count: number;
  inputs: { name: string }[];
}

export interface Prompt extends LoggedVersion, PromptBody {
  type: 'prompt';
}

export interface Evaluator extends LoggedVersion {
  type: 'evaluator';
  spec: EvaluatorSpec;
}

export interface Dataset extends FileVersion {
  type: 'dataset';
  datapoints_count: number;
}

export interface Datapoint {
  id: string;
  inputs: { question: string };
  messages: ChatMessage[];
  target: { intent: string; answer: string };
}

/** Who adds a Log leaves out what it does not know. */
export interface PromptLog {
  id: string;
  prompt: Prompt;
  inputs: Record<string, unknown>;
  messages: ChatMessage[];
  output: string | null;
  output_message: ChatMessage | null;
  error: string | null;
  finish_reason: string | null;
  prompt_tokens: number | null;
  output_tokens: number | null;
  /** Seconds. */
  provider_latency: number | null;
  provider_request: Record<string, unknown> | null;
  provider_response: Record<string, unknown> | null;
  metadata: Record<string, unknown> | null;
  created_at: string;
  start_time: string | null;
  end_time: string | null;
  log_status: 'complete';
  source_datapoint_id: string;
  /** Judgments of monitoring Evaluators; those of an Evaluation stand beside the Log. */
  evaluator_logs: EvaluatorLog[];
}

export interface EvaluatorLog {
  id: string;
  parent_id: string;
  evaluator: Evaluator;
  judgment: Judgment | null;
  error: string | null;
  created_at: string;
  log_status: 'complete';
  source_datapoint_id: string;
  evaluator_logs: EvaluatorLog[];
}

/** One record of `GET /evaluations/{id}/logs`. */
export interface EvaluationLog {
  run_id: string;
  datapoint: Datapoint;
  log: PromptLog;
  evaluator_logs: EvaluatorLog[];
}

export interface Run {
  id: string;
  orchestrated: boolean;
  dataset: Dataset;
  /** Null until the first Log, where the Run was created without. */
  version: Prompt | null;
  added_at: string;
  created_at: string;
  created_by: User;
  status: RunStatus;
  control: boolean;
}

/** The answer of `GET /evaluations/{id}`, except for `runs_count`. */
export interface Evaluation {
  id: string;
  name: string;
  file_id: string;
  evaluators: { version: Evaluator; orchestrated: boolean; added_at: string }[];
  created_at: string;
  created_by: User;
  updated_at: string;
  url: string;
}
