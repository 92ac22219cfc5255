/** The Evaluators that public scripts of Humanloop's use by their paths. The server judges by them itself, and runs no code. */

import type { Judgment } from './judgment.ts';

/** What they look at of a Log and its datapoint. */
export interface Judgeable {
  readonly output: string | null;
  readonly error: string | null;
  /** Seconds. */
  readonly provider_latency: number | null;
  readonly start_time: string | null;
  readonly end_time: string | null;
  readonly target: Readonly<Record<string, unknown>> | null;
}

/** Either a judgment or the reason why there is none. */
export type Verdict = { judgment: Judgment; error: null } | { judgment: null; error: string };

const spec = (return_type: 'boolean' | 'number', arguments_type: 'target_free' | 'target_required', code: string) => ({
  arguments_type,
  return_type,
  evaluator_type: 'python',
  attributes: null,
  options: null,
  number_limits: null,
  number_valence: return_type === 'number' ? 'negative' : null,
  code,
  prompt: null,
  instructions: null,
});

export const exampleEvaluators = [
  {
    path: 'Example Evaluators/Code/Exact match',
    description: 'Whether the output is exactly the text of the target.',
    spec: spec('boolean', 'target_required', '# Built into the server: output == target["output"]'),
    judge: (log: Judgeable) => withTarget(log, (output, target) => ({ judgment: output === target, error: null })),
  },
  {
    path: 'Example Evaluators/Code/Levenshtein distance',
    description: 'How many characters must be added, removed or replaced to make the target of the output.',
    spec: spec('number', 'target_required', '# Built into the server: distance(output, target["output"])'),
    judge: (log: Judgeable) => withTarget(log, levenshtein),
  },
  {
    path: 'Example Evaluators/Code/Latency',
    description: 'How long the Log took, in seconds.',
    spec: spec('number', 'target_free', '# Built into the server: provider_latency, or end_time - start_time'),
    judge: latency,
  },
] as const;

/** By the Evaluator at this path; undefined if the server does not have it built in. */
export function exampleVerdict(path: string, log: Judgeable): Verdict | undefined {
  return exampleEvaluators.find((evaluator) => evaluator.path === path)?.judge(log);
}

export function isExample(path: string): boolean {
  return exampleEvaluators.some((evaluator) => evaluator.path === path);
}

function withTarget({ output, error, target }: Judgeable, judge: (output: string, target: string) => Verdict): Verdict {
  const expected = target?.output;
  if (expected === undefined) return { judgment: null, error: 'The datapoint has no target with the name "output".' };
  if (output === null) return { judgment: null, error: error ?? 'The Log has no output.' };
  return judge(output, typeof expected === 'string' ? expected : JSON.stringify(expected));
}

function latency({ provider_latency, start_time, end_time }: Judgeable): Verdict {
  if (provider_latency !== null) return { judgment: provider_latency, error: null };
  if (start_time === null || end_time === null) {
    return { judgment: null, error: 'The Log has no provider_latency, nor both a start_time and an end_time.' };
  }
  return { judgment: (Date.parse(end_time) - Date.parse(start_time)) / 1000, error: null };
}

/** Time grows with the product of both lengths. */
const maxLength = 4_000;

/** Wagner and Fischer (1974), with one row of the matrix at a time. Counts UTF-16 units. */
function levenshtein(output: string, target: string): Verdict {
  if (Math.max(output.length, target.length) > maxLength) {
    return { judgment: null, error: `The output or the target is longer than ${maxLength} characters.` };
  }
  let above = Array.from({ length: target.length + 1 }, (_, column) => column);
  for (let row = 1; row <= output.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= target.length; column += 1) {
      const replaced = (above[column - 1] ?? 0) + (output[row - 1] === target[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    above = current;
  }
  return { judgment: above[target.length] ?? 0, error: null };
}
