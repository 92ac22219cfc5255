/** The sentences of a report, written once and set in Markdown or plain text by the `Markup` that they are given. */

import type { Remedy } from '../gate/gate.ts';
import { measuredDrop } from '../gate/measured-drop.ts';
import { countsLost, failsGate, type GateMode } from '../gate/mode.ts';
import { riseIsWorse } from '../gate/unit.ts';
import { verdicts } from '../gate/verdict.ts';
import { counted, duration, percentage } from '../text/numbers.ts';
import type { Markup } from './markup.ts';
import {
  type Comparison,
  type EvaluatedVersion,
  failsStep,
  type GateReport,
  type Report,
  type Row,
  type Verdict,
  type WaitProgress,
} from './report.ts';
import { whatHappened } from './run-sentence.ts';
import { type Scale, scaleOf } from './scale.ts';

/** The evaluators with those that matter most first, otherwise in the order given. A warning lifts one above its kind. */
export function worstFirst(rows: readonly Row[]): Row[] {
  const rank = (row: Row) => 2 * verdicts.indexOf(row.verdict) + (row.warning ? 0 : 1);
  return rows.toSorted((a, b) => rank(a) - rank(b));
}

/** All evaluators in their order, or as many of those that matter most. */
export function chosen(rows: readonly Row[], most: number): readonly Row[] {
  return rows.length > most ? worstFirst(rows).slice(0, most) : rows;
}

/** The evaluators that a wait is for, with those that are missing most first. */
export function leastJudgedFirst(evaluators: WaitProgress['evaluators']): WaitProgress['evaluators'] {
  return evaluators.toSorted((a, b) => b.expected - b.judged - (a.expected - a.judged));
}

/** Whether a reader must look at this evaluator. */
export function matters(row: Row): boolean {
  return row.verdict === 'regressed' || row.verdict === 'incomplete' || row.warning;
}

/** The evaluators that get an annotation each, the worst first. */
export function concerning({ mode, comparison }: GateReport): Row[] {
  return worstFirst(comparison?.evaluators ?? []).filter((row) => matters(row) || failsGate(row.verdict, mode));
}

/** Those of them that the gate has its verdict from. */
export function decisive(gate: GateReport): Row[] {
  return concerning(gate).filter(({ verdict }) => verdict === gate.verdict);
}

/** Gives each of these a short name: the last segment of its path, or as many as make it unique, and the version if needed. */
export function labelsOf<T extends { readonly path: string; readonly version_id?: string }>(
  rows: readonly T[],
): (row: T) => string {
  const endings = (path: string) => [...[1, 2, 3].map((length) => path.split('/').slice(-length).join('/')), path];
  const pathsByEnding = new Map<string, Set<string>>();
  for (const { path } of rows) {
    for (const ending of endings(path)) {
      pathsByEnding.set(ending, (pathsByEnding.get(ending) ?? new Set()).add(path));
    }
  }
  const rowsByPath = Map.groupBy(rows, ({ path }) => path);
  return ({ path, version_id }) => {
    const name = endings(path).find((ending) => pathsByEnding.get(ending)?.size === 1) ?? path;
    const isAlone = rowsByPath.get(path)?.length === 1;
    return isAlone || version_id === undefined ? name : `${name} (${version_id})`;
  };
}

/** What a report comes down to, for somebody who has never seen the project. */
interface Lead {
  readonly symbol: string;
  /** Empty if the sentence speaks for itself. */
  readonly title: string;
  /** Begins with a small letter if it is ours and follows a title. */
  readonly sentence: string;
}

export function leadOf(report: Report, markup: Markup): Lead {
  const { error, gate, wait } = report;
  const { symbols, prose } = markup;
  if (error && !failsStep(gate)) return errorLead(error, markup);
  if (gate?.verdict) return gateLead(gate, gate.verdict, markup);
  if (gate?.reason) return { symbol: symbols.skipped, title: 'Gate skipped', sentence: prose(gate.reason) };
  const symbol = wait?.finished === false ? symbols.waiting : symbols.done;
  return { symbol, title: '', sentence: whatHappened(report, markup) };
}

/** The lead as one line. */
export function headline({ symbol, title, sentence }: Lead, { strong }: Markup): string {
  return [symbol, title && `${strong(title)} –`, sentence].filter((part) => part !== '').join(' ');
}

/** If the gate fails the step and something else went wrong too, that; and the wrong inputs, one by one. */
export function troubles({ gate, error }: Report, markup: Markup): string[] {
  if (!error) return [];
  const [, ...further] = error.message.split('\n');
  return [
    ...(failsStep(gate) ? [headline(errorLead(error, markup), markup)] : []),
    ...further.map((line) => markup.prose(line.replace(/^\s*-\s+/, ''))),
  ];
}

/**
 * What was done and how the wait ended: what is known behind the lead.
 * @param subject what to call the Run, if it has been named already
 */
export function factsOf(report: Report, markup: Markup, subject?: string): string[] {
  const { gate, error, wait, update, promoted } = report;
  const isLead = !error && !gate?.verdict && gate?.outcome !== 'skipped';
  // After an error, what is not known to have been done may have been done all the same.
  const isKnown = update !== undefined || promoted === true || !error || failsStep(gate);
  return [...(isKnown && !isLead ? [whatHappened(report, markup, subject)] : []), ...(wait ? [waiting(wait)] : [])];
}

/** What was compared: Run and control with what they evaluate, and the commit. Empty if nothing was. */
export function comparedWith({ runId, gate, commit }: Report, { name }: Markup): string {
  if (!gate?.comparison || gate.controlRunId === undefined) return '';
  const at = commit === undefined ? '' : ` at commit ${name(commit.slice(0, 7))}`;
  const run = `Run ${name(runId)}${evaluating(gate.runVersion, name)}${at}`;
  return `${run}, compared with control ${name(gate.controlRunId)}${evaluating(gate.controlVersion, name)}.`;
}

/** ` (answer-question, version spring)`, as far as it is known; a version without a name goes by its id. */
function evaluating(version: EvaluatedVersion | null | undefined, name: Markup['name']): string {
  const { name: label, path, version_name, version_id } = version ?? {};
  const named = version_name ?? version_id;
  const parts = [label ?? path, named && `version ${name(named)}`];
  const words = parts.flatMap((part, index) => (part ? [index === 0 ? name(part) : part] : []));
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

/** What to do about a step that fails. */
export function adviceOf({ gate, error }: Report, markup: Markup): string[] {
  return [failsStep(gate) ? gateAdvice(gate, markup) : '', error ? markup.prose(error.advice) : ''].filter(
    (advice) => advice !== '',
  );
}

function waiting({ finished, judged, expected, minutes }: WaitProgress): string {
  const span = duration(minutes * 60_000);
  if (!finished) return `The wait ended after ${span} with ${judged} of ${expected} judgments.`;
  return `All ${counted(expected, 'judgment')} were there ${minutes < 1 / 60 ? 'already' : `after ${span}`}.`;
}

/** How the gate ended; empty if it was skipped, which the lead says. */
export function gateOutcome(
  { mode, outcome, verdict, controlRunId }: GateReport,
  { name, strong }: Markup,
  names: 'with names' | 'without names' = 'with names',
): string {
  if (outcome === 'skipped') return '';
  if (verdict === null) return `The gate (${mode}) came to no verdict.`;
  const isNamed = names === 'with names' && controlRunId && verdict !== 'is control';
  const against = isNamed ? ` against control Run ${name(controlRunId)}` : '';
  if (mode !== 'report') return `The gate (${mode}) ${strong(outcome)}${against}.`;
  return `The gate only reports: as ${name('gate: regression')} it would have ${strong(outcome)}${against}.`;
}

export function gateAdvice(gate: GateReport, { name }: Markup): string {
  switch (gate.verdict) {
    case 'regressed':
      return `Look at the datapoints that got worse. If the drop is intended, accept it: run this action once with ${name('control: true')} and without a gate, so that later Runs are compared with this one.`;
    case 'incomplete':
      return incompleteAdvice(gate, name);
    case 'inconclusive':
      return `Add datapoints, or allow a larger ${name('max-drop')}: strict passes only what is shown to be no worse.`;
    case 'no control':
      return `Make a Run the control first, or name one with ${name('control-run-id')}.`;
    case 'is control':
      return `Set ${name('run-id')} to the Run of this change, or ${name('control-run-id')} to another Run.`;
    case 'not gated':
      return `Give the evaluators a direction with the input ${name('evaluators')}, or add one that is not text.`;
    default:
      return '';
  }
}

/** What settles each of the incomplete evaluators, and how a new control is made, which settles most. */
function incompleteAdvice(gate: GateReport, name: Markup['name']): string {
  const advice: Record<Remedy, string> = {
    evaluator: 'Correct the evaluator, or what it depends on, and let it judge again.',
    judgments: `Complete the missing judgments, or wait for them with ${name('wait-minutes')}, and run this job again. A completed Run may take no more judgments: then start a new one. How many may be missing is set by ${name('max-missing')}.`,
    control: 'Let the same version of the evaluator judge both Runs.',
    datapoints: 'Compare Runs of the same datapoints.',
    numbers: 'Let the evaluator return smaller numbers.',
  };
  const remedies = new Set(decisive(gate).map(({ remedy }) => remedy ?? 'judgments'));
  const newControl = `If the control is out of date, make a new one: run this action once with ${name('gate: off')} and ${name('control: true')}.`;
  return [...Array.from(remedies, (remedy) => advice[remedy]), newControl].join(' ');
}

/** How the comparison was made, one paragraph an item. */
export function methodOf({ confidence, family_size: family, evaluators }: Comparison): string[] {
  const chance = percentage(1 - confidence);
  const methods = new Set(evaluators.map((row) => row.method ?? ''));
  const uses = (word: string) => [...methods].some((method) => method.startsWith(word));
  return [
    'Datapoints that both Runs have judgments for are paired, and the change of each is this Run minus the control. ' +
      'Yes-or-no answers and options count as scores from 0 to 100%, and higher is better; numbers keep their own unit and sign.',
    `Regressed: the measured drop is larger than max-drop, and chance alone would show such a drop in at most ${chance} of ` +
      `comparisons${family > 1 ? `, allowing for ${family} evaluators tested at once (Benjamini–Hochberg)` : ''}. ` +
      `No regression: even the worse end of the ${percentage(2 * confidence - 1)} interval is within the tolerated drop. ` +
      'Inconclusive: neither could be shown with so many datapoints.',
    ...(uses('McNemar')
      ? [
          'Yes-or-no answers: McNemar’s test with mid-p, which looks only at the datapoints that changed; Tango’s score interval.',
        ]
      : []),
    ...(uses('paired t')
      ? [
          'Averages and numbers: paired t-test on the change of each datapoint, and its interval. A tenth of the error goes to the sign test, and the drop is that of the mean or of the median, whichever is larger: one wild judgment does not hide the rest. For numbers without limits, it is also that of the mean in which no rise counts for more than the largest fall.',
        ]
      : []),
    ...(uses('sign test')
      ? ['Averages and numbers of fewer than 20 datapoints: the sign test, without an interval.']
      : []),
    'Intervals hold for each evaluator by itself. No random numbers are involved: the same data give the same verdict.',
  ];
}

/** What one evaluator's verdict says, as a sentence. */
export function rowSentence(row: Row, label: string, markup: Markup): string {
  const subject = row.type === 'boolean' && row.direction === 'lower' ? 'the share of good answers of ' : '';
  const who = `${subject}${markup.name(label)}`;
  const { value, size } = scaleTellingApart(row);
  const moved = `${who} ${(row.difference ?? 0) < 0 ? 'fell' : 'rose'} by ${size(row.difference)}, from ${value(row.control)} to ${value(row.run)}`;
  const drop = measuredDrop(row);
  const fell =
    drop?.of === 'median'
      ? `${who} got worse by ${size(drop.size)} in its median, which a few extreme judgments hide in the mean`
      : moved;
  const tolerated = `more than the ${size(row.max_drop)} tolerated`;
  const bothWays = `got worse in ${counted(row.worse ?? 0, 'datapoint')} and better in ${row.better ?? 0}`;
  const tooFar = row.hidden_drop
    ? `${who} ${bothWays}, which rose so far that the mean hides it. If no rise counts for more than the largest fall, it fell by more than the ${size(row.max_drop)} tolerated`
    : `${fell}: ${tolerated}`;
  // Apart from rounding, as in the verdict.
  const exceeds = row.hidden_drop || (drop?.size ?? 0) > (row.max_drop ?? 0) * (1 + 1e-9);
  if (row.verdict !== 'regressed' && row.warning && exceeds) return `${tooFar}, but chance can explain it.`;
  const unevenly = row.warning ? ` It ${bothWays}, and chance does not explain that.` : '';
  const because = row.reason ? `: ${markup.prose(row.reason)}` : '.';
  switch (row.verdict) {
    case 'regressed':
      return `${tooFar}, and more than chance explains.`;
    case 'incomplete':
      return `${who} cannot be compared${because}`;
    case 'inconclusive':
      if (row.p === null) return `${who} could not be tested${because}`;
      if (row.warning) return `${moved}: not by ${tolerated}.${unevenly}`;
      return `${who} may have got worse by ${tolerated}: its ${counted(row.n ?? 0, 'datapoint')} would reliably show ${row.detectable_drop === null ? 'no drop at all' : `only a drop of ${size(row.detectable_drop)} or more`}.`;
    case 'no regression':
      if (row.difference === 0) return `${who} stayed at ${value(row.run)}.${unevenly}`;
      return `${moved}: not worse than the ${size(row.max_drop)} tolerated.${unevenly}`;
    case 'improved':
      return `${moved}: more than chance explains.${unevenly}`;
    case 'not gated':
      return `${who} is not gated${because}`;
  }
}

/** The evaluators that a report explains one by one: those that matter or have a reason, less the one in the headline. */
export function explained(rows: readonly Row[], gate: GateReport): Row[] {
  const [lead] = leading(gate);
  return worstFirst(rows).filter((row) => row !== lead && (matters(row) || row.reason !== null));
}

/** `1 regressed, 12 inconclusive, 900 no regression`. */
export function verdictCounts(rows: readonly Row[]): string {
  const byVerdict = Map.groupBy(rows, ({ verdict }) => verdict);
  const present = verdicts.filter((verdict) => byVerdict.has(verdict));
  return present.map((verdict) => `${byVerdict.get(verdict)?.length} ${verdict}`).join(', ');
}

/** About how many datapoints would settle an inconclusive evaluator. */
export function settling(row: Row, label: string, { name }: Markup): string | undefined {
  if (row.settle === undefined || row.settle === null) return undefined;
  const now = row.n === null ? '' : ` instead of ${row.n}`;
  const power = 10 ** Math.max(0, Math.floor(Math.log10(row.settle)) - 1);
  return `${name(label)}: about ${Math.ceil(row.settle / power) * power} datapoints${now} would settle it.`;
}

/** At most one sentence. What is missing on the Run may be what would have made it worse; only strict counts it so. */
export function omissions(
  rows: readonly Row[],
  labelOf: (row: Row) => string,
  mode: GateMode,
  { name }: Markup,
): string[] {
  const withLost = rows.filter(({ lost, verdict }) => lost !== null && lost > 0 && verdict !== 'incomplete');
  if (countsLost(mode) || withLost.length === 0) return [];
  const counts = withLost.map((row, index) => {
    const lost = row.lost ?? 0;
    return `${index === 0 ? counted(lost, 'datapoint') : lost} of ${name(labelOf(row))}`;
  });
  return [`Left out, because this Run has no usable judgment of them: ${counts.join(', ')}.`];
}

/** The lines of a list, the last of which says how many more there are. */
export function bullets(items: readonly string[], most: number): string[] {
  const left = items.length - most;
  const shown = items.slice(0, most).map((item) => `- ${item}`);
  return left > 0 ? [...shown, `- … and ${left} more`] : shown;
}

export function capitalized(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function errorLead({ title, message }: NonNullable<Report['error']>, { symbols, prose }: Markup): Lead {
  const [first = ''] = message.split('\n');
  return { symbol: symbols.failed, title: prose(title), sentence: prose(first) };
}

/** The worst that was found, or, of a gate that passed, what it found and could have found. */
function gateLead(gate: GateReport, verdict: Verdict, markup: Markup): Lead {
  const { symbols } = markup;
  const title = capitalized(verdict);
  const rows = gate.comparison?.evaluators ?? [];
  const symbol = failsStep(gate) ? symbols.failed : symbols.information;
  switch (verdict) {
    case 'no control':
      return {
        symbol,
        title,
        sentence: 'this Evaluation has no control Run yet, so there is nothing to compare with.',
      };
    case 'is control':
      return { symbol, title, sentence: 'this Run is the control itself, so there is nothing to compare it with.' };
    case 'not gated':
      return { symbol: symbols['not gated'], title, sentence: 'none of the evaluators can be compared.' };
    case 'regressed':
    case 'incomplete':
      return { symbol: symbols[verdict], title, sentence: worstSentence(rows, verdict, markup) };
    case 'inconclusive':
    case 'no regression':
    case 'improved':
      if (gate.outcome === 'passed') return passedLead(gate, rows, markup);
      return { symbol: symbols.failed, title, sentence: worstSentence(rows, verdict, markup) };
  }
}

/** The sentence of the first evaluator with the verdict, and how many others have it too. */
function worstSentence(rows: readonly Row[], verdict: Verdict, markup: Markup): string {
  const labelOf = labelsOf(rows);
  const [first, ...others] = worstFirst(rows).filter((row) => row.verdict === verdict);
  if (!first) return 'there is nothing to compare.';
  const sentence = rowSentence(first, labelOf(first), markup);
  const [other] = others;
  if (!other) return sentence;
  const rest = others.length === 1 ? markup.name(labelOf(other)) : `${others.length} others`;
  return `${sentence} The verdict on ${rest} is the same.`;
}

/** The evaluators that a report begins with, the worst first: those that the verdict is from, or that warn of a gate that passed. */
export function leading(gate: GateReport): Row[] {
  if (gate.outcome !== 'passed') return decisive(gate);
  return worstFirst(gate.comparison?.evaluators ?? []).filter(({ warning }) => warning);
}

/** The warning about the comparison itself that a report begins with; undefined if it begins with something else. */
export function leadingWarning({ error, gate }: Report): string | undefined {
  return !error && gate?.outcome === 'passed' && leading(gate).length === 0 ? gate.warning : undefined;
}

/** A warning, what improved, or that nothing was found. An unchanged Run never looks like a problem. */
function passedLead(gate: GateReport, rows: readonly Row[], markup: Markup): Lead {
  const { symbols, name, prose } = markup;
  const labelOf = labelsOf(rows);
  const [first] = leading(gate);
  const warning = first ? rowSentence(first, labelOf(first), markup) : gate.warning && prose(gate.warning);
  if (warning) return { symbol: symbols.warning, title: 'Warning', sentence: warning };
  const [improved, ...others] = rows.filter(({ verdict }) => verdict === 'improved');
  if (improved) {
    const rest = others.length > 0 ? ` and in ${counted(others.length, 'other')}` : '';
    const size = scaleOf(improved).size(improved.difference);
    const sentence = `better in ${name(labelOf(improved))} by ${size}${rest}, worse in none.`;
    return { symbol: symbols.done, title: 'Improved', sentence };
  }
  return { symbol: symbols.done, title: 'No regression found', sentence: sensitivity(rows, labelOf, markup) };
}

/** How many evaluators a sentence names. */
const maxNamed = 3;

/** What drop the data would have shown. */
function sensitivity(rows: readonly Row[], labelOf: (row: Row) => string, { name }: Markup): string {
  const gated = rows.filter(({ verdict }) => verdict !== 'not gated');
  const sensitive = gated.filter((row) => row.detectable_drop !== null);
  if (sensitive.length === 0) return 'the data are too few to show any drop.';
  const drops = sensitive.slice(0, maxNamed).map((row, at, all) => {
    const [noun, before] = [row, all[at - 1]].map((each) => each && (riseIsWorse(each) ? 'a rise of ' : 'a drop of '));
    const size = `${scaleOf(row).size(row.detectable_drop)} or more in ${name(labelOf(row))}`;
    return noun === before ? size : `${noun}${size}`;
  });
  const left = sensitive.length - drops.length;
  const rest = left > 0 ? `; the numbers below have ${left} more` : '';
  return `the data would have shown ${drops.join(', ')} four times out of five${rest}.${insensitive(gated, labelOf, name)}`;
}

function insensitive(gated: readonly Row[], labelOf: (row: Row) => string, name: Markup['name']): string {
  const [first, ...others] = gated.filter((row) => row.detectable_drop === null);
  if (!first) return '';
  const rest = others.length > 0 ? ` and ${counted(others.length, 'other')}` : '';
  return ` In ${name(labelOf(first))}${rest}, they are too few to show any.`;
}

/** The scale with as many decimals as keep the measured change and the tolerated drop from looking alike. */
function scaleTellingApart(row: Row): Scale {
  const scales = [0, 1, 2].map((moreDecimals) => scaleOf(row, moreDecimals));
  return scales.find(({ size }) => size(row.difference) !== size(row.max_drop)) ?? scaleOf(row);
}
