/** Reads what a request carries. Each function throws a 422 that lists every wrong field, as FastAPI does. */

import { ApiError, type FieldError } from './errors.ts';
import type { ChatMessage, EvaluatorSpec, FileReference, Judgment, PromptBody } from './wire.ts';

export interface RunUpdate {
  control?: boolean;
  status?: 'completed' | 'cancelled';
}

export interface JudgmentRequest extends FileReference {
  parent_id: string;
  judgment: Judgment | null;
  error: string | null;
}

export interface RunRequest {
  dataset: FileReference;
  /** Null where the first Log is to tell. */
  version: FileReference | null;
}

/** A Log to add. Null where the request does not say. */
export interface LogRequest {
  run_id: string;
  source_datapoint_id: string;
  reference: FileReference;
  /** The details of a version, which need not be known. */
  prompt: (Partial<PromptBody> & Pick<PromptBody, 'model'>) | null;
  inputs: Record<string, unknown> | null;
  messages: ChatMessage[] | null;
  output: string | null;
  output_message: ChatMessage | null;
  error: string | null;
  finish_reason: string | null;
  prompt_tokens: number | null;
  output_tokens: number | null;
  provider_latency: number | null;
  provider_request: Record<string, unknown> | null;
  provider_response: Record<string, unknown> | null;
  metadata: Record<string, unknown> | null;
  created_at: string | null;
  start_time: string | null;
  end_time: string | null;
}

export interface Page {
  page: number;
  size: number;
}

export function readPage(query: URLSearchParams, maxPageSize: number): Page {
  return validated((reject) => {
    const integer = (name: string, absent: number, max: number) => {
      const text = query.get(name);
      if (text === null) return absent;
      const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
      const loc = ['query', name];
      if (Number.isNaN(value)) reject(loc, 'value is not a valid integer', 'type_error.integer');
      if (value < 1) reject(loc, 'ensure this value is greater than or equal to 1', 'value_error.number.not_ge');
      if (value > max) reject(loc, `ensure this value is less than or equal to ${max}`, 'value_error.number.not_le');
      return value;
    };
    return { page: integer('page', 1, Number.MAX_SAFE_INTEGER), size: integer('size', 10, maxPageSize) };
  });
}

/** The sandbox has no models to make Logs with, and no Logs outside of Runs to begin with. */
export function readRunRequest(body: unknown): RunRequest {
  return validated((reject) => {
    const { dataset = null, version = null, orchestrated = false, use_existing_logs = false } = fieldsOf(body);
    for (const [name, value] of Object.entries({ orchestrated, use_existing_logs })) {
      if (value !== false && value !== null) {
        reject(['body', name], 'only false is possible in the sandbox', 'value_error');
      }
    }
    return {
      dataset: readReference(dataset, ['body', 'dataset'], reject),
      version: version === null ? null : readReference(version, ['body', 'version'], reject),
    };
  });
}

/** Logs that belong to no Run and no datapoint are not kept, so both are required here. */
export function readPromptLog(body: unknown, query: URLSearchParams): LogRequest {
  return validated((reject) => {
    const fields = fieldsOf(body);
    const { text, number, record } = optionalFields(fields, reject);
    const required = (name: string) => {
      const value = text(name);
      if ((fields[name] ?? null) === null) reject(['body', name], 'field required', 'value_error.missing');
      return value ?? '';
    };
    const { prompt = null, messages = null, output_message = null } = fields;
    if (prompt !== null && !isPrompt(prompt)) {
      reject(['body', 'prompt'], 'an object with a model, and with a list of messages as its template', 'type_error');
    }
    if (messages !== null && !isMessages(messages)) {
      reject(['body', 'messages'], 'a list of messages expected', 'type_error.list');
    }
    if (output_message !== null && !isMessage(output_message)) {
      reject(['body', 'output_message'], 'a message expected', 'type_error.dict');
    }
    const reference = { path: text('path'), id: text('id'), version_id: query.get('version_id') };
    if (!isNamed(reference)) reject(['body'], unnamed, 'value_error');
    return {
      run_id: required('run_id'),
      source_datapoint_id: required('source_datapoint_id'),
      reference,
      prompt: isPrompt(prompt) ? prompt : null,
      inputs: record('inputs'),
      messages: isMessages(messages) ? messages : null,
      output: text('output'),
      output_message: isMessage(output_message) ? output_message : null,
      error: text('error'),
      finish_reason: text('finish_reason'),
      prompt_tokens: number('prompt_tokens'),
      output_tokens: number('output_tokens'),
      provider_latency: number('provider_latency'),
      provider_request: record('provider_request'),
      provider_response: record('provider_response'),
      metadata: record('metadata'),
      created_at: text('created_at'),
      start_time: text('start_time'),
      end_time: text('end_time'),
    };
  });
}

/** Null means the same as a field that is not there, as it does for the optional fields of FastAPI. */
export function readRunUpdate(body: unknown): RunUpdate {
  return validated((reject) => {
    const { control = null, status = null } = fieldsOf(body);
    const update: RunUpdate = {};
    if (typeof control === 'boolean') update.control = control;
    else if (control !== null) reject(['body', 'control'], 'value could not be parsed to a boolean', 'type_error.bool');
    if (status === 'completed' || status === 'cancelled') update.status = status;
    else if (status !== null) {
      const msg = "value is not a valid enumeration member; permitted: 'completed', 'cancelled'";
      reject(['body', 'status'], msg, 'type_error.enum');
    }
    return update;
  });
}

/** The Evaluator is named by `path` or `id` in the body, or by `version_id` in the query. */
export function readJudgment(body: unknown, query: URLSearchParams): JudgmentRequest {
  return validated((reject) => {
    const fields = fieldsOf(body);
    const { text } = optionalFields(fields, reject);
    const { parent_id = null, judgment = null } = fields;
    if (parent_id === null) reject(['body', 'parent_id'], 'field required', 'value_error.missing');
    const request: JudgmentRequest = {
      parent_id: text('parent_id') ?? '',
      path: text('path'),
      id: text('id'),
      version_id: query.get('version_id'),
      judgment: null,
      error: text('error'),
    };
    if (!isNamed(request)) reject(['body'], unnamed, 'value_error');
    if (isJudgment(judgment)) request.judgment = judgment;
    else if (judgment !== null) {
      reject(['body', 'judgment'], 'bool, str, list of str or number expected', 'type_error');
    }
    return request;
  });
}

/** Throws a 422 where the Evaluator cannot have given this judgment. */
export function checkJudgment(spec: EvaluatorSpec, judgment: Judgment): void {
  const options = (spec.options ?? []).map((option) => option.name);
  const min = spec.number_limits?.min ?? -Number.MAX_VALUE;
  const max = spec.number_limits?.max ?? Number.MAX_VALUE;
  const rules = {
    boolean: { fits: typeof judgment === 'boolean', expected: 'true or false' },
    text: { fits: typeof judgment === 'string', expected: 'a text' },
    number: {
      fits: typeof judgment === 'number' && min <= judgment && judgment <= max,
      expected: `a number from ${min} to ${max}`,
    },
    select: {
      fits: typeof judgment === 'string' && options.includes(judgment),
      expected: `one of ${options.join(', ')}`,
    },
    multi_select: {
      fits: Array.isArray(judgment) && judgment.every((choice) => options.includes(choice)),
      expected: `a list of some of ${options.join(', ')}`,
    },
  };
  const { fits, expected } = rules[spec.return_type];
  if (!fits) {
    const msg = `the judgment of this Evaluator is ${expected}`;
    throw new ApiError(422, [{ loc: ['body', 'judgment'], msg, type: 'value_error' }]);
  }
}

type Reject = (loc: FieldError['loc'], msg: string, type: string) => void;

/** What `read` returns, or a 422 with all that it rejected. */
function validated<T>(read: (reject: Reject) => T): T {
  const errors: FieldError[] = [];
  const value = read((loc, msg, type) => errors.push({ loc, msg, type }));
  if (errors.length > 0) throw new ApiError(422, errors);
  return value;
}

/** Readers of optional fields, each of which rejects what has another type. */
function optionalFields(fields: Record<string, unknown>, reject: Reject) {
  const field =
    <T>(isOne: (value: unknown) => value is T, expected: string, type: string) =>
    (name: string): T | null => {
      const value = fields[name] ?? null;
      if (value === null || isOne(value)) return value;
      reject(['body', name], expected, type);
      return null;
    };
  return {
    text: field((value) => typeof value === 'string', 'str type expected', 'type_error.str'),
    number: field((value) => typeof value === 'number', 'value is not a valid float', 'type_error.float'),
    record: field(isRecord, 'value is not a valid dict', 'type_error.dict'),
  };
}

function readReference(value: unknown, loc: FieldError['loc'], reject: Reject): FileReference {
  const fields = isRecord(value) ? value : {};
  const text = (name: string) => (typeof fields[name] === 'string' ? fields[name] : null);
  const reference = { path: text('path'), id: text('id'), version_id: text('version_id') };
  if (!isNamed(reference)) reject(loc, unnamed, 'value_error');
  return reference;
}

const unnamed = 'one of path, id and version_id is required';

function isNamed({ path, id, version_id }: FileReference): boolean {
  return (path ?? id ?? version_id) !== null;
}

function isPrompt(value: unknown): value is NonNullable<LogRequest['prompt']> {
  if (!isRecord(value) || typeof value.model !== 'string') return false;
  return value.template === undefined || isMessages(value.template);
}

function isMessages(value: unknown): value is ChatMessage[] {
  return Array.isArray(value) && value.every(isMessage);
}

function isMessage(value: unknown): value is ChatMessage {
  return (
    isRecord(value) &&
    typeof value.content === 'string' &&
    ['system', 'user', 'assistant'].some((role) => role === value.role)
  );
}

function isJudgment(value: unknown): value is Judgment {
  return (
    ['boolean', 'number', 'string'].includes(typeof value) ||
    (Array.isArray(value) && value.every((choice) => typeof choice === 'string'))
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldsOf(body: unknown): Record<string, unknown> {
  if (isRecord(body)) return body;
  throw new ApiError(
    422,
    body === undefined
      ? [{ loc: ['body'], msg: 'field required', type: 'value_error.missing' }]
      : [{ loc: ['body'], msg: 'value is not a valid dict', type: 'type_error.dict' }],
  );
}
