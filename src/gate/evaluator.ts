/** What is known of an evaluator, and how its judgments become scores, of which higher is better. */
import type { MaxDrop } from './max-drop.ts';

export type Direction = 'higher' | 'lower';

/** What an evaluator returns. `unknown`: a type that this action does not know yet, or none. */
export type EvaluatorType = (typeof knownTypes)[number] | 'unknown';

const knownTypes = ['boolean', 'number', 'select', 'multi_select', 'text'] as const;

export interface Evaluator {
  readonly path: string;
  readonly versionId: string;
  readonly type: EvaluatorType;
  /** The type as the API names it, also if it is not known; `unknown` if it names none. */
  readonly typeName: string;
  /** Which end is good; null if nobody said, and for types that have no direction. */
  readonly direction: Direction | null;
  /** Score of each option: 1 positive, ½ neutral or without a valence, 0 negative. */
  readonly options: ReadonlyMap<string, number>;
  /** Of numbers; they mean nothing for other types. null unless both ends are known. */
  readonly limits: { readonly min: number; readonly max: number } | null;
  /** Set for this evaluator alone. */
  readonly maxDrop: MaxDrop | null;
}

/** An evaluator's `spec` in the API. Any part may be absent or null. */
export interface EvaluatorSpec {
  readonly return_type?: string | null | undefined;
  readonly number_valence?: string | null | undefined;
  readonly number_limits?:
    | { readonly min?: number | null | undefined; readonly max?: number | null | undefined }
    | null
    | undefined;
  readonly options?:
    | readonly { readonly name: string; readonly valence?: string | null | undefined }[]
    | null
    | undefined;
}

/** What a workflow may set for one evaluator. */
export interface EvaluatorSettings {
  readonly direction?: Direction | undefined;
  readonly maxDrop?: MaxDrop | undefined;
}

/** Whether judgments of this type can be better when higher or when lower: only then may a workflow set `direction`. */
export function takesDirection(type: EvaluatorType): boolean {
  switch (type) {
    case 'boolean':
    case 'number':
      return true;
    case 'select':
    case 'multi_select':
    case 'text':
    case 'unknown':
      return false;
  }
}

/**
 * Joins what the API says of an evaluator with what the workflow sets; the workflow wins.
 * @throws {RangeError} if a direction is set for a type that takes none
 */
export function describeEvaluator(
  identity: { readonly path: string; readonly versionId: string },
  spec: EvaluatorSpec,
  settings: EvaluatorSettings,
): Evaluator {
  const typeName = spec.return_type ?? 'unknown';
  const type = knownTypes.find((known) => known === typeName) ?? 'unknown';
  if (settings.direction !== undefined && !takesDirection(type)) {
    throw new RangeError(
      `The evaluator ${identity.path} returns ${typeName}, for which a direction means nothing: only boolean and number evaluators take one. Remove its direction from the input evaluators.`,
    );
  }
  return {
    path: identity.path,
    versionId: identity.versionId,
    type,
    typeName,
    direction: settings.direction ?? directionOf(type, spec),
    options: new Map((spec.options ?? []).map(({ name, valence }) => [name, scoreOfValence(valence)])),
    limits: limitsOf(spec),
    maxDrop: settings.maxDrop ?? null,
  };
}

function directionOf(type: EvaluatorType, spec: EvaluatorSpec): Direction | null {
  switch (type) {
    case 'boolean': {
      const truth = spec.options?.find(({ name }) => name.toLowerCase() === 'true');
      return truth?.valence === 'negative' ? 'lower' : 'higher';
    }
    case 'number':
      if (spec.number_valence === 'positive') return 'higher';
      return spec.number_valence === 'negative' ? 'lower' : null;
    case 'select':
    case 'multi_select':
    case 'text':
    case 'unknown':
      return null;
  }
}

function scoreOfValence(valence: string | null | undefined): number {
  if (valence === 'positive') return 1;
  return valence === 'negative' ? 0 : 0.5;
}

/** Limits between which nothing lies are none. */
function limitsOf({ number_limits }: EvaluatorSpec): Evaluator['limits'] {
  const min = number_limits?.min ?? Number.NaN;
  const max = number_limits?.max ?? Number.NaN;
  return max > min && Number.isFinite(max - min) ? { min, max } : null;
}

/** Why judgments of this evaluator cannot be compared as better or worse; null if they can. */
export function whyNotGated({ type, typeName, direction, options }: Evaluator): string | null {
  switch (type) {
    case 'boolean':
      return null;
    case 'number':
      return direction === null
        ? 'Neither the evaluator’s valence nor a direction says whether higher is better. Set its direction in the input evaluators.'
        : null;
    case 'select':
    case 'multi_select':
      return [...options.values()].every((score) => score === 0.5)
        ? 'No option has a positive or negative valence. Set valences in the options of the evaluator.'
        : null;
    case 'text':
      return 'Text cannot be compared as better or worse.';
    case 'unknown':
      return `Judgments of the type ${typeName} are not supported.`;
  }
}

/**
 * The score of one judgment as it came over the wire, higher being better; null if it is unusable: null, not finite, outside of the
 * evaluator's own limits, of another type than the evaluator returns, or naming an option that the evaluator does not have.
 */
export function scoreJudgment({ type, direction, options, limits }: Evaluator, judgment: unknown): number | null {
  switch (type) {
    case 'boolean':
      if (typeof judgment !== 'boolean') return null;
      return judgment === (direction !== 'lower') ? 1 : 0;
    case 'number':
      if (typeof judgment !== 'number' || !Number.isFinite(judgment)) return null;
      if (limits && (judgment < limits.min || judgment > limits.max)) return null;
      return direction === 'lower' ? 0 - judgment : judgment;
    case 'select':
      return typeof judgment === 'string' ? (options.get(judgment) ?? null) : null;
    case 'multi_select':
      return Array.isArray(judgment) ? meanOfOptions(options, judgment) : null;
    case 'text':
    case 'unknown':
      return null;
  }
}

/** An option that is named several times is chosen once. */
function meanOfOptions(options: ReadonlyMap<string, number>, named: readonly unknown[]): number | null {
  const chosen = new Set(named);
  if (chosen.size === 0) return 0.5;
  let sum = 0;
  for (const name of chosen) {
    const score = typeof name === 'string' ? options.get(name) : undefined;
    if (score === undefined) return null;
    sum += score;
  }
  return sum / chosen.size;
}

/** The worst and the best score that there are; null if scores have no limits, or there are none. */
export function boundsOf({ type, direction, limits }: Evaluator): { worst: number; best: number } | null {
  switch (type) {
    case 'boolean':
    case 'select':
    case 'multi_select':
      return { worst: 0, best: 1 };
    case 'number':
      if (!limits) return null;
      return direction === 'lower'
        ? { worst: 0 - limits.max, best: 0 - limits.min }
        : { worst: limits.min, best: limits.max };
    case 'text':
    case 'unknown':
      return null;
  }
}

/** Distance between the worst and the best score; null if scores have no limits. */
export function rangeOf(evaluator: Evaluator): number | null {
  const bounds = boundsOf(evaluator);
  return bounds && bounds.best - bounds.worst;
}

/**
 * The margin M in score units: the smallest measured drop that may fail.
 * @param general the `max-drop` for all evaluators
 * @param controlMean mean score of the control
 */
export function marginOf(evaluator: Evaluator, general: MaxDrop, controlMean: number): number {
  const maxDrop = evaluator.maxDrop ?? general;
  if ('percent' in maxDrop) return (maxDrop.percent / 100) * Math.abs(controlMean);
  const range = rangeOf(evaluator);
  if (range !== null) return maxDrop.amount * range;
  return evaluator.maxDrop === null ? maxDrop.amount * Math.abs(controlMean) : maxDrop.amount;
}
