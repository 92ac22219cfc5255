/** Two Runs side by side, datapoint by datapoint: what got worse, what got better, and what was said. */

import { Hono } from 'hono';
import { html } from 'hono/html';
import type { Change } from '../../src/gate/changes.ts';
import { type Evaluator, whyNotGated } from '../../src/gate/evaluator.ts';
import type { DecidedEvaluator } from '../../src/gate/gate.ts';
import { failsGate, type GateMode } from '../../src/gate/mode.ts';
import { type Verdict, verdicts } from '../../src/gate/verdict.ts';
import { notFound } from '../errors.ts';
import type { Access } from '../store/access.ts';
import { findDatapoints } from '../store/datasets.ts';
import { findEvaluation } from '../store/evaluations.ts';
import { listJudgments } from '../store/judgments.ts';
import { listLogsOfDatapoints } from '../store/pages.ts';
import {
  lastOf,
  type NumberedRun,
  nameOf,
  numberedRuns,
  requireReader,
  type ShownEvaluator,
  shownEvaluators,
  unitNote,
  versionWords,
} from './evaluations.ts';
import { type Decision, decide, type Opponents, readSettings, type Settings } from './gate.ts';
import { type Html, linksOf, pageNumber, pager, render } from './layout.ts';
import type { PageEnv } from './session.ts';
import { settingsHtml } from './settings.ts';
import { inputOf, outputOf, partsHtml, reasonOf, targetOf, textHtml } from './texts.ts';
import { change, controlBadge, counted, judgmentWords, percent, type Said, shortened, value, whole } from './words.ts';

export const comparePages = new Hono<PageEnv>();

const datapointsOfPage = 20;
/** Characters of a text in the list, and on the page of one datapoint. */
const maxListed = 3_000;
const maxText = 100_000;

/** Which datapoints are listed. */
const kinds = ['worse', 'better', 'missing'] as const;
type Kind = (typeof kinds)[number];

const kindWords: Record<Kind, string> = { worse: 'worse', better: 'better', missing: 'not judged' };

/** What one Evaluator says of both sides. */
interface Comparison {
  readonly shown: ShownEvaluator;
  readonly decided: DecidedEvaluator;
  /** Ids of datapoints, in the order in which they are listed. */
  readonly ids: Readonly<Record<Kind | 'all', readonly string[]>>;
}

comparePages.get('/evaluations/:id/compare', async (c) => {
  requireReader(c);
  const id = c.req.param('id');
  const query = c.req.query();
  const { datapoint } = query;
  const settings = readSettings(query);
  const { store } = c.var.service;
  const found = await store.read(async (access) => {
    const evaluation = await findEvaluation(access, id);
    const evaluators = await shownEvaluators(access, id);
    const runs = await numberedRuns(access, id);
    const opponents = opponentsOf(runs, query.run, query.control);
    if (opponents === null || evaluators.length === 0 || settings.problems.size > 0) {
      return { evaluation, evaluators, runs, opponents, decision: null };
    }
    const decision = await decide(access, store, { evaluators, runs, opponents, settings });
    const comparison = comparisonOf(evaluators, decision, query.evaluator);
    const kind = kinds.find((each) => each === query.show);
    const listed = datapoint === undefined ? comparison.ids[kind ?? 'all'] : [datapoint];
    const page = Math.min(pageNumber(query.page), Math.max(1, Math.ceil(listed.length / datapointsOfPage)));
    const ids = listed.slice((page - 1) * datapointsOfPage, page * datapointsOfPage);
    const contents = await findDatapoints(access, ids);
    if (datapoint !== undefined && !contents.has(datapoint)) throw notFound('The datapoint', datapoint);
    const answers = await readAnswers(access, decision, ids);
    const list = { kind, page, total: listed.length };
    return { evaluation, evaluators, runs, opponents, decision, comparison, list, ids, contents, answers };
  });
  const { evaluation, evaluators, runs, opponents } = found;
  const links = linksOf(c);
  const name = nameOf(evaluation);
  const trail = [{ label: name, href: links.evaluation(id) }];
  const chosen = {
    ...query,
    run: opponents?.run.run.id ?? query.run,
    control: opponents?.control.run.id ?? query.control ?? runs.find(({ run }) => run.control === 1)?.run.id,
  };
  const form = chooser(
    links.evaluation(id),
    runs,
    { ...chosen, control: chosen.control ?? runs.at(-2)?.run.id },
    settings,
  );
  if (opponents === null || found.decision === null) {
    const isWrong = settings.problems.size > 0;
    const words =
      evaluators.length === 0
        ? 'This Evaluation has no evaluators.'
        : runs.length < 2
          ? 'There is nothing to compare yet: two Runs are needed.'
          : isWrong
            ? [...settings.problems.values()].join(' ')
            : chosen.run === undefined || chosen.control === undefined
              ? 'This Evaluation has no control. Choose two Runs to compare.'
              : 'A Run is not compared with itself. Choose two Runs to compare.';
    const main = html`<h1>Compare</h1>
<p class="note${isWrong ? ' bad' : ''}"${isWrong && html` id="problems" role="alert"`}>${words}</p>
${runs.length > 1 && form}`;
    return render(c, { title: `Compare – ${name}`, trail, main }, isWrong ? 400 : 200);
  }
  const { decision, comparison, list, ids, contents, answers } = found;
  const { run, control } = opponents;
  const selected = comparison.shown;
  const to = (evaluator: ShownEvaluator, more: Record<string, string | number | undefined> = {}) =>
    links.compare(id, {
      run: run.run.id,
      control: control.run.id,
      evaluator: evaluator.version.file_id,
      ...settings.texts,
      ...more,
    });
  const here = (more: Record<string, string | number | undefined>) => to(selected, more);
  const missing = new Set(comparison.ids.missing);
  const articles = ids.map((datapointId) =>
    datapointHtml({
      id: datapointId,
      href: here({ datapoint: datapointId }),
      content: contents.get(datapointId)?.content,
      answers: answers.filter(({ datapoint_id }) => datapoint_id === datapointId),
      change: comparison.decided.changes.find(datapointId),
      isMissing: missing.has(datapointId),
      evaluators,
      selected,
      opponents,
      sides: decision.sides,
      isAlone: datapoint !== undefined,
    }),
  );
  const title = `Run ${run.number} and Run ${control.number} – ${name}`;
  if (datapoint !== undefined) {
    const main = html`<div class="title"><h1>One datapoint</h1><a href="${here({})}">All datapoints of this comparison</a></div>
<h2 class="quiet versus">Run ${run.number} (${versionWords(run.version)}) against Run ${control.number} (${versionWords(control.version)})</h2>
${articles}`;
    return render(c, { title: `${datapoint} – ${title}`, trail, main });
  }
  const main = html`<h1>Run ${run.number} compared with ${control.run.control === 1 ? 'the control' : `Run ${control.number}`}</h1>
${verdictHtml(evaluators, decision, runs, opponents, settings.gate.mode)}
${form}
<nav class="tabs" aria-label="Evaluators"><ul>${evaluators.map((each, index) =>
    tab(each, decision.result.evaluators[index], each === selected, to(each)),
  )}</ul></nav>
${summaryHtml(comparison, decision, settings, answers)}
${comparison.decided.row.gated && comparison.ids.all.length > 0 && filters(comparison, list.kind, (show) => here({ show }))}
${articles.length === 0 ? emptyHtml(comparison, list.kind) : html`<div class="datapoints">${articles}</div>`}
${pager({ page: list.page, size: datapointsOfPage, total: list.total }, (page) => here({ show: list.kind, page }))}`;
  return render(c, { title, trail, main });
});

function emptyHtml({ decided: { row }, ids }: Comparison, kind: Kind | undefined): Html {
  // Then the summary says why.
  if (row.verdict === 'incomplete' && ids.all.length === 0) return html``;
  const words = !row.gated
    ? 'This evaluator has no judgment of this Run.'
    : ids.all.length === 0
      ? 'No datapoint changed.'
      : `No datapoint is ${kindWords[kind ?? 'worse']}.`;
  return html`<p class="note">${words}</p>`;
}

/** Without a `control`, the control of the Evaluation; without a `run`, the newest other one. Throws a 404 for one that is not there. */
function opponentsOf(
  runs: readonly NumberedRun[],
  runId: string | undefined,
  controlId: string | undefined,
): Opponents | null {
  const named = (id: string) => {
    const found = runs.find(({ run }) => run.id === id);
    if (found === undefined) throw notFound('In this Evaluation, the Run', id);
    return found;
  };
  const control = controlId === undefined ? runs.find(({ run }) => run.control === 1) : named(controlId);
  const run = runId === undefined ? runs.findLast(({ run }) => run.id !== control?.run.id) : named(runId);
  if (control === undefined || run === undefined || control.run.id === run.run.id) return null;
  return { run, control };
}

/** What one comes here for, unless the address says it: the Evaluator with the worst verdict; of several, the one that fell most. */
function comparisonOf(
  evaluators: readonly ShownEvaluator[],
  { result, judged }: Decision,
  evaluatorId: string | undefined,
): Comparison {
  const all = evaluators.flatMap((shown, index) => {
    const decided = result.evaluators[index];
    return decided === undefined ? [] : [{ shown, decided }];
  });
  const [worst] = all.toSorted(
    (a, b) => rankOf(a.decided) - rankOf(b.decided) || dropOf(b.shown, b.decided) - dropOf(a.shown, a.decided),
  );
  const selected = all.find(({ shown }) => shown.version.file_id === evaluatorId) ?? worst;
  if (selected === undefined) throw new RangeError('There is no Evaluator.');
  const { shown, decided } = selected;
  if (!decided.row.gated) {
    return {
      shown,
      decided,
      ids: { all: judged.get(shown.version.file_id) ?? [], worse: [], better: [], missing: [] },
    };
  }
  const differences = [...decided.changes.differences()];
  const worse = differences.filter(([, difference]) => difference < 0).map(([id]) => id);
  const better = differences
    .filter(([, difference]) => difference > 0)
    .map(([id]) => id)
    .reverse();
  const { missing } = decided;
  return { shown, decided, ids: { all: [...worse, ...better, ...missing], worse, better, missing } };
}

/** What failed a gate comes first, and what cannot be gated last. */
function rankOf({ row: { verdict } }: DecidedEvaluator): number {
  return ['regressed', 'incomplete', 'not gated'].includes(verdict) ? verdicts.indexOf(verdict) : 2;
}

/** As a share of the range, or of the control's value. */
function dropOf({ evaluator }: ShownEvaluator, { row: { control, difference } }: DecidedEvaluator): number {
  if (control === null || difference === null) return Number.NEGATIVE_INFINITY;
  const { type, limits, direction } = evaluator;
  const size = type !== 'number' ? 1 : limits ? limits.max - limits.min : Math.abs(control) || 1;
  return ((type === 'number' && direction === 'lower' ? 1 : -1) * difference) / size;
}

type Answer = Awaited<ReturnType<typeof readAnswers>>[number];

/** The Logs of both sides for some datapoints, with what was said of them. */
async function readAnswers(access: Access, { sides }: Decision, datapointIds: readonly string[]) {
  const runIds = [...sides.run, ...sides.control].map((each) => each.run.id);
  const logs = await listLogsOfDatapoints(access, { runIds, datapointIds });
  const judgments = Map.groupBy(
    await listJudgments(
      access,
      logs.map(({ id }) => id),
    ),
    ({ log_id }) => log_id,
  );
  return logs.map((log) => ({
    ...log,
    content: JSON.parse(log.content) as unknown,
    judgments: (judgments.get(log.id) ?? []).map(({ evaluator_id, version_id, content }) => {
      const said: Said & { readonly user?: string | null } = JSON.parse(content);
      return { evaluatorId: evaluator_id, versionId: version_id, said, reason: reasonOf(said) };
    }),
  }));
}

const verdictLooks: Readonly<Record<Verdict, { readonly tone: string; readonly sign: string }>> = {
  regressed: { tone: 'bad', sign: '▼' },
  incomplete: { tone: 'warn', sign: '✗' },
  inconclusive: { tone: 'warn', sign: '?' },
  'no regression': { tone: 'good', sign: '✓' },
  improved: { tone: 'good', sign: '▲' },
  'not gated': { tone: 'quiet', sign: '–' },
};

function verdictBadge(verdict: Verdict): Html {
  const { tone, sign } = verdictLooks[verdict];
  return html`<span class="verdict ${tone}"><span aria-hidden="true">${sign}</span> ${verdict}</span>`;
}

/** What a gate makes of it, and which Runs it counts. */
function verdictHtml(
  evaluators: readonly ShownEvaluator[],
  { result, sides, notes }: Decision,
  runs: readonly NumberedRun[],
  { run, control }: Opponents,
  mode: GateMode,
): Html {
  const having = (verdict: Verdict) =>
    evaluators.filter((_, index) => result.evaluators[index]?.row.verdict === verdict).map(({ name }) => name);
  const because = verdicts.filter((each) => failsGate(each, mode) && having(each).length > 0);
  const numbers = new Map(runs.map((each) => [each.run.id, each.number]));
  const pooled = [
    { side: sides.control, of: 'the control', name: 'the control’s' },
    { side: sides.run, of: 'this Run', name: 'this Run’s' },
  ].flatMap(({ side, of, name }) =>
    side.length > 1 ? [`Compared together with ${of}, as of ${name} version: ${numbered(side.slice(1))}.`] : [],
  );
  const leftOut = result.leftOut.map(
    ({ runId, path, because }) =>
      html`Run ${numbers.get(runId) ?? runId} of the same version was left out: by <bdi>${lastOf(path)}</bdi>, it is ${because}${because === 'incomplete' ? '' : ' than chance explains'}.`,
  );
  const asides = [...pooled, ...notes, ...leftOut];
  const cancelled = [run, control].filter((each) => each.run.status === 'cancelled');
  return html`<p class="note ${result.gate === 'failed' ? 'bad' : 'good'}"><strong>${result.gate === 'failed' ? '✗ A gate fails' : '✓ A gate passes'}</strong>${
    because.length > 0
      ? html`: ${because.map((verdict, index) => html`${index > 0 && '; '}<bdi>${listed(having(verdict))}</bdi> ${verdict === 'regressed' ? '' : having(verdict).length === 1 ? 'is ' : 'are '}${verdict}`)}`
      : result.verdict === 'not gated'
        ? ': none of the evaluators can be gated on'
        : having('improved').length > 0
          ? html`: better in <bdi>${listed(having('improved'))}</bdi>, worse in none`
          : ': no regression found'
  }.</p>
${asides.length > 0 && html`<div class="quiet">${asides.map((words) => html`<p>${words}</p>`)}</div>`}
${cancelled.map(({ number }) => html`<p class="note">Run ${number} was cancelled. The action does not compare it.</p>`)}`;
}

/** `Run 3`, `Runs 2 and 3` */
function numbered(runs: readonly NumberedRun[]): string {
  const numbers = runs.map(({ number }) => number);
  return `${numbers.length === 1 ? 'Run' : 'Runs'} ${listed(numbers.map(String))}`;
}

/** `a`, `a and b`, `a, b and c` */
function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** Works without scripts: a form that goes to an address. */
function chooser(
  evaluation: string,
  runs: readonly NumberedRun[],
  chosen: Readonly<Record<string, string | undefined>>,
  settings: Settings,
): Html {
  const choice = (name: string, label: string) =>
    html`<label><span>${label}</span> <select name="${name}">${runs
      .toReversed()
      .map(
        ({ run, number, version }) =>
          html`<option value="${run.id}"${chosen[name] === run.id ? html` selected` : ''}>Run ${number}${run.control === 1 ? ' (control)' : ''}: ${version === undefined ? 'unknown version' : shortened(version.version_name ?? `${lastOf(version.path)} ${version.id.slice(-6)}`, 60)}</option>`,
      )}</select></label>`;
  return html`<form class="chooser" method="get" action="${evaluation}/compare">
${choice('run', 'Run')} ${choice('control', 'against')}
${chosen.evaluator !== undefined && html`<input type="hidden" name="evaluator" value="${chosen.evaluator}">`}
<button class="button plain small">Compare</button>
${settingsHtml(settings)}</form>`;
}

function tab(
  { evaluator, name }: ShownEvaluator,
  decided: DecidedEvaluator | undefined,
  isSelected: boolean,
  href: string,
): Html {
  const { verdict = 'not gated', control = null, run = null } = decided?.row ?? {};
  return html`<li><a href="${href}"${isSelected ? html` aria-current="page"` : ''}><bdi>${name}</bdi>
<span class="quiet small">${control !== null && run !== null && html`<span>${value(evaluator, control)} → ${value(evaluator, run)}</span> `}${verdictBadge(verdict)}</span></a></li>`;
}

function summaryHtml(
  { shown: { evaluator, name, version }, decided: { row }, ids }: Comparison,
  { sides }: Decision,
  { gate: { confidence } }: Settings,
  answers: readonly Answer[],
): Html {
  const judges = answers.flatMap(({ judgments }) =>
    judgments.filter(({ evaluatorId }) => evaluatorId === version.file_id),
  );
  const isMixed = new Set(judges.map(({ versionId }) => versionId)).size > 1;
  const mixed =
    isMixed &&
    html`<p class="note">Not all of this was judged by one version of the evaluator. What changed may be the evaluator, so the action refuses to compare it: make a new control.</p>`;
  const heading = html`<h2><bdi>${name}</bdi> <span class="quiet">${row.gated && unitNote(evaluator)}</span></h2>`;
  if (!row.gated)
    return html`<section class="summary">${heading}<p>${whyNotGated(evaluator) ?? ''}</p></section>${mixed}`;
  const { difference, low, high, control, run, n } = row;
  const runs = sides.control.length + sides.run.length;
  return html`<section class="summary">${heading}
${
  difference !== null && control !== null && run !== null
    ? html`<p class="measured"><span>${value(evaluator, control)} → <strong>${value(evaluator, run)}</strong></span>
<span><strong>${change(evaluator, difference)}</strong>${low !== null && high !== null && html` <span class="quiet">(${percent(2 * confidence - 1)} interval ${change(evaluator, low).replace(' points', '')} … ${change(evaluator, high)})</span>`}</span>
<span>${counted(n ?? 0, 'datapoint')} in both${runs > 2 && html`<span class="quiet">, in ${runs} Runs</span>`}</span></p>`
    : ''
}
${row.reason !== null && html`<p class="note">${row.reason}</p>`}
${
  ids.worse.length > ids.better.length && ids.better.length > 0
    ? html`<p class="quiet">At least ${whole(ids.better.length)} of the ${whole(ids.worse.length)} that got worse would have changed without any cause: ${whole(ids.better.length)} got better.</p>`
    : ''
}</section>${mixed}`;
}

function filters({ ids }: Comparison, chosen: Kind | undefined, href: (kind: Kind | undefined) => string): Html {
  const filter = (kind: Kind | undefined, words: string, count: number) =>
    html`<li><a href="${href(kind)}"${chosen === kind ? html` aria-current="true"` : ''}>${words} <span class="count">${whole(count)}</span></a></li>`;
  return html`<nav class="filters" aria-label="Datapoints"><ul>${filter(undefined, 'all', ids.all.length)}${kinds.map((kind) => filter(kind, kindWords[kind], ids[kind].length))}</ul></nav>`;
}

interface ShownDatapoint {
  readonly id: string;
  readonly href: string;
  readonly content: string | undefined;
  readonly answers: readonly Answer[];
  readonly change: Change | undefined;
  readonly isMissing: boolean;
  readonly evaluators: readonly ShownEvaluator[];
  readonly selected: ShownEvaluator;
  readonly opponents: Opponents;
  readonly sides: Decision['sides'];
  /** On a page of its own there is room for everything. */
  readonly isAlone: boolean;
}

function datapointHtml(shown: ShownDatapoint): Html {
  const { id, href, content, answers, opponents, isAlone } = shown;
  const { run, control } = opponents;
  const datapoint: unknown = content === undefined ? null : JSON.parse(content);
  const logsOf = ({ run: { id } }: NumberedRun) => answers.filter(({ run_id }) => run_id === id);
  const input = inputOf(datapoint, answers[0]?.content);
  const target = targetOf(datapoint, answers[0]?.content);
  const length = isAlone ? maxText : maxListed;
  return html`<article class="card datapoint" id="${id}">
<header><h3><a href="${href}"><code>${shortened(id, 80)}</code></a></h3>${changeWords(shown)}</header>
<div class="asked"><section><h4>Input</h4>${partsHtml(input, length, 'There is no input.')}</section>
${target.length > 0 && html`<section><h4>Target</h4>${partsHtml(target, length)}</section>`}</div>
<div class="sides">${sideHtml(shown, control, logsOf(control), length)}${sideHtml(shown, run, logsOf(run), length)}</div>
${historyHtml(shown)}
</article>`;
}

function changeWords({ change: found, isMissing, selected, isAlone }: ShownDatapoint): Html | '' {
  const { evaluator, name } = selected;
  // In a list, it stands above.
  const by = isAlone && html`<bdi class="quiet">${name}</bdi>`;
  if (isMissing) return html`<p class="change">${by} <span class="warn">not judged</span></p>`;
  if (found === undefined) return '';
  const isRiseBad = evaluator.type === 'number' && evaluator.direction === 'lower';
  const isWorse = isRiseBad ? found.difference > 0 : found.difference < 0;
  return html`<p class="change">${by} <span class="is ${isWorse ? 'bad' : 'good'}">${isWorse ? '▼ worse' : '▲ better'}</span>
${sideWords(evaluator, found.control_judgments, found.control)} → ${sideWords(evaluator, found.run_judgments, found.run)}</p>`;
}

/** The judgment, if all are the same; else how many pass, or the mean. */
function sideWords(evaluator: Evaluator, judgments: Change['run_judgments'], mean: number): Html {
  const [first, ...others] = new Map(judgments.map((judgment) => [String(judgment), judgment])).values();
  if (first !== undefined && others.length === 0) return judgmentWords(evaluator, { judgment: first, error: null });
  if (evaluator.type !== 'boolean') return html`<span class="judgment">${value(evaluator, mean)}</span>`;
  const passed = judgments.filter((judgment) => judgment === (evaluator.direction !== 'lower')).length;
  return html`<span class="judgment">${passed} of ${judgments.length} pass</span>`;
}

function sideHtml(
  { evaluators, selected }: ShownDatapoint,
  { run, number }: NumberedRun,
  logs: readonly Answer[],
  length: number,
): Html {
  const ordered = [selected, ...evaluators.filter((each) => each !== selected)];
  return html`<section class="side"><h4>Run ${number} ${run.control === 1 && controlBadge}</h4>
${logs.length === 0 ? html`<p class="text quiet">There is no Log.</p>` : ''}
${logs.map(
  ({ content, judgments }) => html`<div>${partsHtml(outputOf(content), length, 'There is no answer.')}</div>
<dl class="judgments">${ordered.map(({ evaluator, version, name }) => {
    const own = judgments.filter(({ evaluatorId }) => evaluatorId === version.file_id);
    return html`<div><dt><bdi>${name}</bdi></dt><dd>${own.length === 0 ? html`<span class="judgment quiet">not judged</span>` : ''}${own.map(
      ({ said, reason }) =>
        html`${judgmentWords(evaluator, said)}${said.user && html` <span class="quiet small">by <bdi>${shortened(said.user, 80)}</bdi></span>`}${reason !== null && html`<div class="reason">${textHtml(reason, length)}</div>`}`,
    )}</dd></div>`;
  })}</dl>`,
)}</section>`;
}

/** What was judged in each of the Runs, if there are more than the two that stand side by side. */
function historyHtml({ evaluators, selected, sides, answers, isAlone, id }: ShownDatapoint): Html | '' {
  const columns = [sides.control, sides.run].flatMap((side) => side.toSorted((a, b) => a.number - b.number));
  if (columns.length < 3) return '';
  const rows = isAlone ? evaluators : [selected];
  return html`<div class="scroll" role="region" aria-label="History of ${id}" tabindex="0"><table class="history">
<caption>History</caption>
<thead><tr><th scope="col"><span class="hidden">Evaluator</span></th>${columns.map(
    ({ run, number }) => html`<th scope="col">Run ${number} ${run.control === 1 && controlBadge}</th>`,
  )}</tr></thead>
<tbody>${rows.map(
    ({ evaluator, version, name }) =>
      html`<tr><th scope="row"><bdi>${name}</bdi></th>${columns.map((column) => {
        const said = answers
          .filter(({ run_id }) => run_id === column.run.id)
          .flatMap(({ judgments }) => judgments.filter(({ evaluatorId }) => evaluatorId === version.file_id));
        return html`<td>${said.length === 0 ? html`<span class="quiet">–</span>` : said.map((each) => judgmentWords(evaluator, each.said))}</td>`;
      })}</tr>`,
  )}</tbody></table></div>`;
}
