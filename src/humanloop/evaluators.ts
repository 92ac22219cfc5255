/** Which evaluators count, and what is set for each. */
import { ConfigurationError } from '../errors.ts';
import type { EvaluatorSettings } from '../gate/evaluator.ts';
import { plain } from '../text/escape.ts';
import type { Evaluation, Evaluator } from './schemas.ts';

/** What the workflow says of one evaluator, by the path or name that it uses. */
export type EvaluatorChoices = ReadonlyMap<string, EvaluatorSettings>;

/** An evaluator of the Evaluation that counts, with its settings. */
export interface ChosenEvaluator {
  readonly evaluator: Evaluator;
  readonly settings: EvaluatorSettings;
}

/**
 * Finds the chosen evaluators among those of the Evaluation; without choices, all count. Two versions of a path are two
 * evaluators with the same settings.
 * @throws {ConfigurationError} where a name fits none of them, or several paths
 */
export function chooseEvaluators(evaluation: Evaluation, choices: EvaluatorChoices | undefined): ChosenEvaluator[] {
  const evaluators = evaluation.evaluators.map(({ version }) => version);
  if (!choices) return evaluators.map((evaluator) => ({ evaluator, settings: {} }));
  const problems: string[] = [];
  const chosen = new Map<Evaluator, EvaluatorSettings>();
  for (const [name, settings] of choices) {
    const samePath = evaluators.filter(({ path }) => path === name);
    const found = samePath.length > 0 ? samePath : evaluators.filter((each) => nameOf(each) === name);
    const paths = [...new Set(found.map(({ path }) => path))];
    if (paths.length === 0) {
      const known = [...new Set(evaluators.map(({ path }) => quote(path)))].join(', ');
      problems.push(`evaluators names ${quote(name)}, which this Evaluation does not have. It has ${known || 'none'}.`);
    } else if (paths.length > 1) {
      problems.push(`evaluators names ${quote(name)}, which fits ${paths.map(quote).join(' and ')}. Use the path.`);
    } else if (found.some((each) => chosen.has(each))) {
      problems.push(`evaluators names ${quote(paths[0] ?? '')} twice, by its path and by its name. Keep one of them.`);
    }
    for (const each of found) chosen.set(each, settings);
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  return evaluators.flatMap((evaluator) => {
    const settings = chosen.get(evaluator);
    return settings ? [{ evaluator, settings }] : [];
  });
}

/** The last segment of the path is the name, where the API does not give one. */
function nameOf({ name, path }: Evaluator): string {
  return name ?? path.split('/').at(-1) ?? path;
}

/** A path or name as messages show it: cleaned, cut and in quotation marks. */
export function quote(text: string): string {
  return `"${plain(text, 100)}"`;
}
