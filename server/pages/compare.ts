/** Two Runs side by side, datapoint by datapoint: what got worse, what got better, and what was said. */

import { Hono } from 'hono';
import { html } from 'hono/html';
import { type Change, type Changes, noChanges } from '../../src/gate/changes.ts';
import { type Evaluator, whyNotGated } from '../../src/gate/evaluator.ts';
import { type ComparisonRow, decideGate } from '../../src/gate/gate.ts';
import { addLog, collectLogs } from '../../src/gate/run-logs.ts';
import { notFound } from '../errors.ts';
import { statsOf } from '../routes/stats.ts';
import type { Access } from '../store/access.ts';
import { findDatapoints } from '../store/datasets.ts';
import { findEvaluation } from '../store/evaluations.ts';
import { listJudgments } from '../store/judgments.ts';
import { listLogsOfDatapoints, listOutcomes } from '../store/pages.ts';
import type { RunStats } from '../wire/stats.ts';
import {
  figureIn,
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
import { intervalConfidence } from './figures.ts';
import { type Html, linksOf, pageNumber, pager, render } from './layout.ts';
import { poolOf } from './pool.ts';
import type { PageEnv } from './session.ts';
import { inputOf, outputOf, partsHtml, reasonOf, targetOf, textHtml } from './texts.ts';
import { change, controlBadge, counted, judgmentWords, percent, type Said, shortened, value } from './words.ts';

export const comparePages = new Hono<PageEnv>();

const datapointsOfPage = 20;
/** Characters of a text in the list, and on the page of one datapoint. */
const maxListed = 3_000;
const maxText = 100_000;

/** Which datapoints are listed. */
const kinds = ['worse', 'better', 'missing'] as const;
type Kind = (typeof kinds)[number];

const kindWords: Record<Kind, string> = { worse: 'worse', better: 'better', missing: 'not judged' };

/** The two Runs, and those that stand for the control together with it. */
interface Opponents {
  readonly run: NumberedRun;
  readonly control: NumberedRun;
  readonly pool: readonly NumberedRun[];
}

/** What one Evaluator says of both sides. */
interface Comparison {
  /** Null if its judgments are neither better nor worse. */
  readonly row: ComparisonRow | null;
  readonly changes: Changes;
  /** Ids of datapoints, in the order in which they are listed. */
  readonly ids: Readonly<Record<Kind | 'all', readonly string[]>>;
}

comparePages.get('/evaluations/:id/compare', async (c) => {
  requireReader(c);
  const id = c.req.param('id');
  const query = c.req.query();
  const datapoint = query.datapoint;
  const found = await c.var.service.store.read(async (access) => {
    const evaluation = await findEvaluation(access, id);
    const evaluators = await shownEvaluators(access, id);
    const runs = await numberedRuns(access, id);
    const opponents = opponentsOf(runs, query.run, query.control);
    if (opponents === null || evaluators.length === 0) return { evaluation, evaluators, runs, opponents: null };
    const stats = await statsOf(
      access,
      [opponents.run.run, opponents.control.run],
      evaluators,
      c.var.service.knownStats,
    );
    const selected =
      evaluators.find(({ version }) => version.file_id === query.evaluator) ?? worstOf(evaluators, stats);
    const comparison = await compare(access, selected, opponents);
    const kind = kinds.find((each) => each === query.show);
    const listed = datapoint === undefined ? comparison.ids[kind ?? 'all'] : [datapoint];
    const page = Math.min(pageNumber(query.page), Math.max(1, Math.ceil(listed.length / datapointsOfPage)));
    const ids = listed.slice((page - 1) * datapointsOfPage, page * datapointsOfPage);
    const contents = await findDatapoints(access, ids);
    if (datapoint !== undefined && !contents.has(datapoint)) throw notFound('The datapoint', datapoint);
    const answers = await readAnswers(access, opponents, ids);
    const list = { kind, page, total: listed.length };
    return { evaluation, evaluators, runs, opponents, stats, selected, comparison, list, ids, contents, answers };
  });
  const { evaluation, evaluators, runs, opponents } = found;
  const links = linksOf(c);
  const name = nameOf(evaluation);
  const trail = [{ label: name, href: links.evaluation(id) }];
  if (opponents === null) {
    const main = html`<h1>Compare</h1>
<p class="note">${evaluators.length === 0 ? 'This Evaluation has no evaluators.' : 'There is nothing to compare yet: it takes two Runs. Without a control, both have to be chosen.'}</p>
${runs.length > 1 && chooser(links.evaluation(id), runs, query)}`;
    return render(c, { title: `Compare – ${name}`, trail, main });
  }
  const { stats, selected, comparison, list, ids, contents, answers } = found;
  const { run, control } = opponents;
  const here = (more: Record<string, string | number | undefined>) =>
    links.compare(id, { run: run.run.id, control: control.run.id, evaluator: selected.version.file_id, ...more });
  const judges = answers
    .flatMap(({ judgments }) => judgments)
    .filter(({ evaluatorId }) => evaluatorId === selected.version.file_id);
  const isMixed = new Set(judges.map(({ versionId }) => versionId)).size > 1;
  const missing = new Set(comparison.ids.missing);
  const articles = ids.map((datapointId) =>
    datapointHtml({
      id: datapointId,
      href: here({ datapoint: datapointId }),
      content: contents.get(datapointId)?.content,
      answers: answers.filter(({ datapoint_id }) => datapoint_id === datapointId),
      change: comparison.changes.find(datapointId),
      isMissing: missing.has(datapointId),
      evaluators,
      selected,
      opponents,
      isAlone: datapoint !== undefined,
    }),
  );
  const title = `Run ${run.number} and Run ${control.number} – ${name}`;
  if (datapoint !== undefined) {
    const main = html`<h1>One datapoint</h1>
<p class="quiet">${opponentsWords(opponents)}</p>
${articles}
<p><a href="${here({})}">All datapoints of this comparison</a></p>`;
    return render(c, { title: `${datapoint} – ${title}`, trail, main });
  }
  const main = html`<h1>Run ${run.number} compared with ${control.run.control === 1 ? 'the control' : `Run ${control.number}`}</h1>
<p class="quiet">${opponentsWords(opponents)}</p>
${chooser(links.evaluation(id), runs, { run: run.run.id, control: control.run.id, evaluator: selected.version.file_id })}
<nav class="tabs" aria-label="Evaluators"><ul>${evaluators.map((each) =>
    tab(
      each,
      stats,
      each === selected,
      links.compare(id, { run: run.run.id, control: control.run.id, evaluator: each.version.file_id }),
    ),
  )}</ul></nav>
${summaryHtml(selected, comparison, opponents, isMixed)}
${comparison.row && filters(comparison, list.kind, (show) => here({ show }))}
${articles.length === 0 ? html`<p class="note">${comparison.row === null ? 'It has no judgment of this Run.' : 'No datapoint changed.'}</p>` : html`<div class="datapoints">${articles}</div>`}
${pager({ page: list.page, size: datapointsOfPage, total: list.total }, (page) => here({ show: list.kind, page }))}`;
  return render(c, { title, trail, main });
});

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
  return { run, control, pool: poolOf(control, run, runs) };
}

/** The Evaluator whose value fell most, as a share of its range or of the control's value: what one comes here for. */
function worstOf(evaluators: readonly ShownEvaluator[], stats: readonly RunStats[]): ShownEvaluator {
  const [run, control] = stats;
  const drops = evaluators.map((shown) => {
    const { evaluator, version } = shown;
    const [after, before] = [run, control].map((each) => figureIn(each, evaluator, version.id)?.value);
    if (after === undefined || before === undefined || whyNotGated(evaluator) !== null)
      return { shown, drop: -Infinity };
    const size =
      evaluator.type !== 'number'
        ? 1
        : evaluator.limits
          ? evaluator.limits.max - evaluator.limits.min
          : Math.abs(before) || 1;
    const isRiseBad = evaluator.type === 'number' && evaluator.direction === 'lower';
    return { shown, drop: (isRiseBad ? after - before : before - after) / size };
  });
  const [first, ...others] = drops;
  if (first === undefined) throw new RangeError('There is no Evaluator.');
  return others.reduce((worst, each) => (each.drop > worst.drop ? each : worst), first).shown;
}

/** By whichever version an Evaluator judged: its judgments count under the one that the Evaluation lists. */
async function compare(
  access: Access,
  { evaluator, version }: ShownEvaluator,
  { run, control, pool }: Opponents,
): Promise<Comparison> {
  const controlIds: [string, ...string[]] = [control.run.id, ...pool.slice(1).map((each) => each.run.id)];
  const runIds = [run.run.id, ...controlIds];
  const { judgments, datapoints } = await listOutcomes(access, { runIds, evaluatorId: version.file_id });
  if (whyNotGated(evaluator) !== null) {
    const own = judgments.flatMap(({ run_id, log_id }) =>
      run_id === run.run.id ? (datapoints.get(log_id) ?? []) : [],
    );
    const ids = [...new Set(own)];
    return { row: null, changes: noChanges, ids: { all: ids, worse: [], better: [], missing: [] } };
  }
  const collected = collectLogs([evaluator], runIds);
  for (const judgment of judgments) {
    const datapoint = datapoints.get(judgment.log_id);
    if (datapoint === undefined) continue;
    addLog(collected, {
      run_id: judgment.run_id,
      log: { id: judgment.log_id },
      datapoint: { id: datapoint },
      evaluator_logs: [{ evaluator: { version_id: version.id, path: version.path }, ...saidOf(judgment) }],
    });
  }
  const settings = { mode: 'report', maxDrop: { amount: 0 }, maxMissing: 1, confidence: 0.95 } as const;
  const result = decideGate(
    [{ evaluator, obstacle: null }],
    collected,
    { control: controlIds, run: [run.run.id] },
    settings,
  );
  const [decided] = result.evaluators;
  if (decided === undefined) throw new RangeError('The gate decided on nothing.');
  const differences = [...decided.changes.differences()];
  const worse = differences.filter(([, difference]) => difference < 0).map(([id]) => id);
  const better = differences
    .filter(([, difference]) => difference > 0)
    .map(([id]) => id)
    .reverse();
  const { missing } = decided;
  return {
    row: decided.row,
    changes: decided.changes,
    ids: { all: [...worse, ...better, ...missing], worse, better, missing },
  };
}

/** What statistics count, as it was judged. */
function saidOf({ outcome, score }: { readonly outcome: string; readonly score: number | null }): Said {
  if (outcome === 'error') return { judgment: null, error: 'error' };
  if (outcome === 'number') return { judgment: score, error: null };
  return { judgment: outcome === 'text' ? null : JSON.parse(outcome), error: null };
}

type Answer = Awaited<ReturnType<typeof readAnswers>>[number];

/** The Logs of both sides for some datapoints, with what was said of them. */
async function readAnswers(access: Access, { run, pool }: Opponents, datapointIds: readonly string[]) {
  const runIds = [run, ...pool].map((each) => each.run.id);
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

function opponentsWords({ run, control, pool }: Opponents): Html {
  const others = pool.slice(1).map(({ number }) => number);
  return html`Run ${run.number} (${versionWords(run.version)}) against Run ${control.number} (${versionWords(control.version)})${
    others.length > 0 &&
    html`, together with ${others.length === 1 ? 'Run' : 'Runs'} ${others.join(' and ')} of the same version`
  }.`;
}

/** Works without scripts: a form that goes to an address. */
function chooser(evaluation: string, runs: readonly NumberedRun[], chosen: Readonly<Record<string, string>>): Html {
  const choice = (name: string, label: string) =>
    html`<label>${label} <select name="${name}">${runs
      .toReversed()
      .map(
        ({ run, number, version }) =>
          html`<option value="${run.id}"${chosen[name] === run.id ? html` selected` : ''}>Run ${number}${run.control === 1 ? ' (control)' : ''}: ${version === undefined ? 'unknown version' : shortened(version.version_name ?? `${lastOf(version.path)} ${version.id.slice(-6)}`, 60)}</option>`,
      )}</select></label>`;
  return html`<form class="chooser" method="get" action="${evaluation}/compare">
${choice('run', 'Run')} ${choice('control', 'against')}
${chosen.evaluator !== undefined && html`<input type="hidden" name="evaluator" value="${chosen.evaluator}">`}
<button class="button plain small">Compare</button></form>`;
}

function tab(
  { evaluator, version, name }: ShownEvaluator,
  stats: readonly RunStats[],
  isSelected: boolean,
  href: string,
): Html {
  const [after, before] = stats.map((each) => figureIn(each, evaluator, version.id));
  return html`<li><a href="${href}"${isSelected ? html` aria-current="page"` : ''}><bdi>${name}</bdi>
<span class="quiet small">${after && before ? html`${value(evaluator, before.value)} → ${value(evaluator, after.value)}` : '–'}</span></a></li>`;
}

function summaryHtml(
  { evaluator, name }: ShownEvaluator,
  { row, ids }: Comparison,
  { pool }: Opponents,
  isMixed: boolean,
): Html {
  const mixed =
    isMixed &&
    html`<p class="note">Not all of this was judged by one version of the evaluator. What changed may be the evaluator: make a new control.</p>`;
  if (row === null) {
    return html`<section class="summary"><h2><bdi>${name}</bdi></h2><p>${whyNotGated(evaluator) ?? ''}</p></section>${mixed}`;
  }
  const { difference, low, high, control, run, n } = row;
  const chance = Math.min(ids.worse.length, ids.better.length);
  return html`<section class="summary"><h2><bdi>${name}</bdi> <span class="quiet">${unitNote(evaluator)}</span></h2>
${
  difference !== null && control !== null && run !== null
    ? html`<p class="measured"><span>${value(evaluator, control)} → <strong>${value(evaluator, run)}</strong></span>
<span><strong>${change(evaluator, difference)}</strong>${low !== null && high !== null && html` <span class="quiet">(${percent(intervalConfidence)} interval ${change(evaluator, low).replace(' points', '')} … ${change(evaluator, high)})</span>`}</span>
<span>${counted(n ?? 0, 'datapoint')} in both${pool.length > 1 && html`<span class="quiet">, in ${pool.length + 1} Runs</span>`}</span></p>`
    : html`<p class="note">${row.reason ?? 'It cannot be compared.'}</p>`
}
${
  ids.worse.length > 0 && ids.better.length > 0
    ? html`<p class="quiet">At least ${chance} of the ${ids.worse.length} that got worse would have changed without any cause: ${ids.better.length} got better.</p>`
    : ''
}</section>${mixed}`;
}

function filters({ ids }: Comparison, chosen: Kind | undefined, href: (kind: Kind | undefined) => string): Html {
  const filter = (kind: Kind | undefined, words: string, count: number) =>
    html`<li><a href="${href(kind)}"${chosen === kind ? html` aria-current="true"` : ''}>${words} <span class="count">${count}</span></a></li>`;
  return html`<nav class="filters" aria-label="Datapoints"><ul>${filter(undefined, 'all changes', ids.all.length)}${kinds.map((kind) => filter(kind, kindWords[kind], ids[kind].length))}</ul></nav>`;
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

function changeWords({ change: found, isMissing, selected }: ShownDatapoint): Html | '' {
  if (isMissing) return html`<p class="change warn">not judged</p>`;
  if (found === undefined) return '';
  const { evaluator } = selected;
  const isRiseBad = evaluator.type === 'number' && evaluator.direction === 'lower';
  const isWorse = isRiseBad ? found.difference > 0 : found.difference < 0;
  return html`<p class="change"><span class="${isWorse ? 'bad' : 'good'}">${isWorse ? '▼ worse' : '▲ better'}</span>
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
  ({ content, judgments }) => html`${partsHtml(outputOf(content), length, 'There is no answer.')}
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
function historyHtml({ evaluators, selected, opponents, answers, isAlone, id }: ShownDatapoint): Html | '' {
  const { run, pool } = opponents;
  if (pool.length < 2) return '';
  const columns = [...pool.toSorted((a, b) => a.number - b.number), run];
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
