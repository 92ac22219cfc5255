/** What a reader must know about a comparison besides its verdicts. */
import type { DecidedEvaluator, GateResult } from '../gate/gate.ts';
import type { PooledRuns } from '../gate/pooled-runs.ts';
import type { ComparedEvaluator } from '../gate/sides.ts';
import type { Run } from '../humanloop/run.ts';
import { plain, quote } from '../text/escape.ts';
import { probability } from '../text/numbers.ts';

/** An evaluator, with the version that the Evaluation lists: another one may have judged in its place. */
export interface NamedEvaluator extends ComparedEvaluator {
  readonly listedVersionId: string;
}

interface Remarks {
  /** What makes a promotion unsafe, whatever the verdicts. */
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

export function remarksOn(
  result: GateResult,
  compared: readonly NamedEvaluator[],
  runs: { readonly run: Run; readonly control: Run; readonly pooled: PooledRuns<Run> },
): Remarks {
  const { warnings = [], notes = [] } = datasetRemarks(runs);
  return {
    warnings: [...warnings, ...outvoted(result.evaluators)],
    notes: [
      ...notes,
      ...otherVersions(compared),
      ...sharedLogs(result, runs.run.id),
      ...runs.pooled.notes,
      ...pooledRuns(result, runs.pooled),
      ...leftOut(result),
      ...disagreements(result),
      ...repeated(result.evaluators),
    ],
  };
}

function datasetRemarks({ run, control }: { readonly run: Run; readonly control: Run }): Partial<Remarks> {
  const [own, other] = [run.dataset, control.dataset];
  if (own?.id && other?.id && own.id !== other.id) {
    return {
      warnings: [
        `The Run was made with another dataset (${plain(own.path ?? own.id, 100)}) than the control (${plain(other.path ?? other.id, 100)}). Only datapoints that both have are compared.`,
      ],
    };
  }
  if (own?.version_id && other?.version_id && own.version_id !== other.version_id) {
    return {
      notes: [
        `The Run was made with version ${plain(own.version_id, 60)} of the dataset and the control with version ${plain(other.version_id, 60)}. Only datapoints that both have are compared.`,
      ],
    };
  }
  return {};
}

/** If one side has more than so many times as many judgments of a datapoint, people forgetting some does not explain it. */
const maxRepeatRatio = 3;

/** Many judgments of one datapoint are averaged, which can hide the few that count against a Run. */
function outvoted(evaluators: readonly DecidedEvaluator[]): string[] {
  return evaluators.flatMap(({ row, repeats: { control, run } }) => {
    const [most, fewest] = [Math.max(control, run), Math.min(control, run)];
    if (fewest === 0 || most <= maxRepeatRatio * fewest) return [];
    const [many, few] = run > control ? ['Run', 'control'] : ['control', 'Run'];
    return `${quote(row.path)} judged a datapoint of the ${many} ${most} times, but no datapoint of the ${few} more than ${times(fewest)}. The mean of so many judgments may hide what a few of them say.`;
  });
}

function repeated(evaluators: readonly DecidedEvaluator[]): string[] {
  const several = evaluators.filter(({ repeats: { control, run } }) => Math.max(control, run) > 1);
  if (several.length === 0) return [];
  const amounts = several.map(
    ({ row, repeats: { control, run } }) => `${quote(row.path)} up to ${control} on the control and ${run} on the Run`,
  );
  return [`Judgments of one datapoint are averaged: ${listed(amounts)}.`];
}

function otherVersions(compared: readonly NamedEvaluator[]): string[] {
  return compared
    .filter(({ evaluator, listedVersionId }) => evaluator.versionId !== listedVersionId)
    .map(
      ({ evaluator: { path, versionId }, listedVersionId }) =>
        `The Evaluation lists version ${plain(listedVersionId, 60)} of ${quote(path)}, which judged neither side. Version ${plain(versionId, 60)} judged both, so it is compared instead.`,
    );
}

function sharedLogs({ sharedLogs }: GateResult, runId: string): string[] {
  if (sharedLogs === 0) return [];
  const [logs, are, count] = sharedLogs === 1 ? ['Log', 'is', 'does'] : ['Logs', 'are', 'do'];
  return [
    `${sharedLogs} ${logs} of Run ${plain(runId, 60)} ${are} also in the control, and ${count} not count for the Run.`,
  ];
}

/** Which Runs count, and from when they are. */
function pooledRuns({ controlRunIds, runIds }: GateResult, { control, run }: PooledRuns): string[] {
  return [
    { with: 'the control', ids: controlRunIds, runs: control },
    { with: 'this Run', ids: runIds, runs: run },
  ].flatMap((side) => {
    const kept = side.runs.filter(({ id }) => side.ids.includes(id));
    if (kept.length === 0) return [];
    const named = kept.map(
      ({ id, created_at }) => `${plain(id, 60)}${created_at ? ` of ${plain(created_at.slice(0, 10))}` : ''}`,
    );
    return [`Compared together with ${side.with}, as Runs of the same version: ${named.join(', ')}.`];
  });
}

function disagreements({ disagreements, controlRunIds, runIds }: GateResult): string[] {
  return disagreements.map(({ side, path, p }) => {
    const [name, count] = side === 'control' ? ['control', controlRunIds.length] : ['Run', runIds.length];
    return `The ${count} Runs of the ${name}’s version disagree about ${quote(path)} more than chance explains (Cochran’s Q, p ${inSentence(p)}). Something happened to a whole Run, such as a rate limit or an outage, and the share of false alarms may be higher than the confidence says.`;
  });
}

function leftOut({ leftOut }: GateResult): string[] {
  return leftOut.map((each) => {
    const out = `Run ${plain(each.runId, 60)} was left out: `;
    if (each.because === 'incomplete') {
      return `${out}judgments of ${quote(each.path)} are missing for ${each.missing} of the control’s ${each.expected} datapoints.`;
    }
    const leading = each.because === 'worse' ? 'the control' : 'this Run';
    const subject = each.together ? 'it is, together with the further Runs that count,' : 'it is';
    return `${out}it evaluates the same version as ${leading}, but by ${quote(each.path)} ${subject} ${each.because} than chance explains (p ${inSentence(each.p)}), and would make the gate more lenient. Find out what happened to it, such as a rate limit or an outage.`;
  });
}

/** `= 0.0047`, or `< 0.0001`. */
function inSentence(p: number): string {
  const words = probability(p);
  return words.startsWith('<') ? words : `= ${words}`;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

const maxListed = 5;

function listed(items: readonly string[]): string {
  const more = items.length - maxListed;
  return [...items.slice(0, maxListed), ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}
