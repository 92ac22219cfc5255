/** The Evaluation of a step: its page, and which of its evaluators count. */
import { ConfigurationError } from './errors.ts';
import { describeEvaluator, type Evaluator, type EvaluatorSettings, rangeOf, whyNotGated } from './gate/evaluator.ts';
import type { GateMode } from './gate/mode.ts';
import { evaluationUrl, judgePage } from './humanloop/links.ts';
import type { Evaluation, ListedEvaluator } from './humanloop/schemas.ts';
import type { EvaluatorChoices } from './runner/evaluators-input.ts';
import { setOutputs } from './runner/outputs.ts';
import type { Step } from './step.ts';
import { plain, quote } from './text/escape.ts';

/** Reads the Evaluation, and passes its pages on. */
export async function readEvaluation({ inputs, client, report }: Step): Promise<Evaluation> {
  const evaluation = await client.getEvaluation(inputs['evaluation-id']);
  report.evaluationUrl = evaluationUrl(evaluation);
  report.judgePage = judgePage(evaluation, { run: inputs['run-id'] });
  setOutputs({ 'evaluation-url': report.evaluationUrl });
  return evaluation;
}

/** More than these do not help to find a mistake. */
const maxListed = 20;

/** An evaluator of the Evaluation that counts, with its settings. */
interface ChosenEvaluator {
  readonly evaluator: ListedEvaluator;
  readonly settings: EvaluatorSettings;
}

/**
 * Finds the chosen evaluators among those of the Evaluation; without choices, all count. Two versions of a path are two
 * evaluators with the same settings. Names are compared in Unicode's normal form, as the choices have them.
 * @throws {ConfigurationError} if a name fits none of them, or several paths
 */
export function chooseEvaluators(evaluation: Evaluation, choices: EvaluatorChoices | undefined): ChosenEvaluator[] {
  const evaluators = evaluation.evaluators.map(({ version }) => version);
  if (!choices) return evaluators.map((evaluator) => ({ evaluator, settings: {} }));
  const problems: string[] = [];
  const chosen = new Map<ListedEvaluator, EvaluatorSettings>();
  const byPath = Map.groupBy(evaluators, ({ path }) => path.normalize());
  const byName = Map.groupBy(evaluators, (evaluator) => nameOf(evaluator).normalize());
  const known = listed([...byPath.keys()], ', ') || 'none';
  for (const [name, settings] of choices) {
    const found = byPath.get(name) ?? byName.get(name) ?? [];
    const paths = [...new Set(found.map(({ path }) => path.normalize()))];
    if (paths.length === 0) {
      problems.push(`evaluators names ${quote(name)}, which this Evaluation does not have. It has ${known}.`);
    } else if (paths.length > 1) {
      problems.push(`evaluators names ${quote(name)}, which fits ${listed(paths, ' and ')}. Use the path.`);
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

/** The first of many paths, and how many more there are. */
function listed(paths: readonly string[], separator: string): string {
  const words = paths.slice(0, maxListed).map((path) => quote(path));
  if (paths.length > maxListed) words.push(`${paths.length - maxListed} more`);
  return words.join(separator);
}

/** The last segment of the path is the name if the API does not give one. */
function nameOf({ name, path }: ListedEvaluator): string {
  return name ?? path.split('/').at(-1) ?? path;
}

/**
 * The evaluators that are gated on, with what the API and the workflow say of them.
 * @throws {ConfigurationError} if the workflow's settings do not fit them, if it names one that cannot be gated for a gate that
 * may fail, or if the Evaluation lists a version twice
 */
export function gatedEvaluators(
  evaluation: Evaluation,
  choices: EvaluatorChoices | undefined,
  mode: GateMode,
): Evaluator[] {
  const problems = repeatedVersions(evaluation);
  const evaluators = chooseEvaluators(evaluation, choices).flatMap(({ evaluator, settings }) => {
    try {
      const identity = { path: evaluator.path, versionId: evaluator.version_id };
      const described = describeEvaluator(identity, evaluator.spec ?? {}, settings);
      const { maxDrop } = described;
      if (maxDrop && 'amount' in maxDrop && maxDrop.amount > 1 && rangeOf(described) !== null) {
        problems.push(
          `evaluators: max-drop of ${quote(evaluator.path)} is ${maxDrop.amount}, but its scores have limits, so it is a share of their range. Set it to at most 1.`,
        );
      }
      const reason = whyNotGated(described);
      if (choices && mode !== 'report' && reason !== null) {
        problems.push(
          `evaluators names ${quote(evaluator.path)}, which cannot be gated. ${plain(reason, 300)} Or remove it from evaluators.`,
        );
      }
      return [described];
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      problems.push(`evaluators: ${plain(error.message, 500)}`);
      return [];
    }
  });
  if (problems.length > 0) throw new ConfigurationError([...new Set(problems)]);
  return evaluators;
}

/** A version that is listed twice would be two rows with the same judgments, and count twice. */
function repeatedVersions({ id, evaluators }: Evaluation): string[] {
  const byVersion = Map.groupBy(evaluators, ({ version }) => version.version_id);
  return Array.from(byVersion).flatMap(([versionId, [listed, again]]) =>
    listed && again
      ? [
          `Evaluation ${plain(id, 60)} lists version ${plain(versionId, 60)} of the evaluator ${quote(listed.version.path)} twice, so its judgments would count twice. Remove one of the two from the Evaluation.`,
        ]
      : [],
  );
}
