/** Reads what a request carries. Each function throws a 422 that lists every wrong field, as FastAPI does. */

import { ApiError, type FieldError } from './errors.ts';
import type { EvaluatorSpec, Judgment } from './wire.ts';

export interface RunUpdate {
  control?: boolean;
  status?: 'completed' | 'cancelled';
}

export interface JudgmentRequest {
  parent_id: string;
  path: string | null;
  id: string | null;
  version_id: string | null;
  judgment: Judgment | null;
  error: string | null;
}

export interface LogsQuery {
  page: number;
  size: number;
  runIds: string[];
}

export function readLogsQuery(query: URLSearchParams, maxPageSize: number): LogsQuery {
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
    return {
      page: integer('page', 1, Number.MAX_SAFE_INTEGER),
      size: integer('size', 10, maxPageSize),
      runIds: query.getAll('run_id'),
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
    const text = (name: string) => {
      const value = fields[name] ?? null;
      if (typeof value === 'string') return value;
      if (value !== null) reject(['body', name], 'str type expected', 'type_error.str');
      return null;
    };
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
    if ((request.path ?? request.id ?? request.version_id) === null) {
      reject(['body'], 'one of path, id and version_id is required', 'value_error');
    }
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

function isJudgment(value: unknown): value is Judgment {
  return (
    ['boolean', 'number', 'string'].includes(typeof value) ||
    (Array.isArray(value) && value.every((choice) => typeof choice === 'string'))
  );
}

function fieldsOf(body: unknown): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body };
  throw new ApiError(
    422,
    body === undefined
      ? [{ loc: ['body'], msg: 'field required', type: 'value_error.missing' }]
      : [{ loc: ['body'], msg: 'value is not a valid dict', type: 'type_error.dict' }],
  );
}
