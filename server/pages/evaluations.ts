/** The Evaluations, and one of them with its Runs. */

import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { describeEvaluator, type Evaluator } from '../../src/gate/evaluator.ts';
import { ApiError } from '../errors.ts';
import { type ListedVersion, readEvaluators, statsOf } from '../routes/stats.ts';
import { may } from '../rules/scopes.ts';
import { isOpen } from '../rules/status.ts';
import type { Access } from '../store/access.ts';
import { findEvaluation } from '../store/evaluations.ts';
import { listVersions, type VersionRow } from '../store/files.ts';
import { listAllEvaluations } from '../store/pages.ts';
import { listRuns, type RunRow } from '../store/runs.ts';
import type { EvaluatorStats, RunStats } from '../wire/stats.ts';
import { courseOf, type Point } from './course.ts';
import { figureOf, intervalConfidence } from './figures.ts';
import { type Html, linksOf, pageNumber, pager, render, timeOf } from './layout.ts';
import type { PageEnv } from './session.ts';
import { controlBadge, counted, percent, shortened, statusBadge, value, whole } from './words.ts';

export const evaluationPages = new Hono<PageEnv>();

/** What fills a server. */
const makers = html`A script that calls <code>evaluations.run</code>, or the step <code>evaluation-run/record</code> of a workflow,`;

const evaluationsOfPage = 50;
const runsOfPage = 50;
/** More Runs than these make no picture. */
const runsOfPicture = 30;

/** A key that is for judging only shows nothing else: who knows how others judged, or which Run is which, is not blind. */
export function isForJudgingOnly(c: Context<PageEnv>): boolean {
  return !may(c.var.key.scopes, 'record');
}

/** Throws a 403 for a key that is for judging only. */
export function requireReader(c: Context<PageEnv>): void {
  if (!isForJudgingOnly(c)) return;
  throw new ApiError(
    403,
    `The key '${c.var.key.name}' is for judging only, and does not show how Runs were judged. Sign in with another key to see that.`,
  );
}

export function nameOf({ id, name }: { readonly id: string; readonly name: string | null }): string {
  return name ?? id;
}

/** The last part of a path, which is what people call a file. */
export function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

evaluationPages.get('/', async (c) => {
  const links = linksOf(c);
  const { page, total, evaluations, forPeople } = await c.var.service.store.read(async (access) => {
    const list = (page: number) => listAllEvaluations(access, { page, size: evaluationsOfPage });
    const wanted = pageNumber(c.req.query('page'));
    const first = await list(wanted);
    const page = Math.min(wanted, Math.max(1, Math.ceil(first.total / evaluationsOfPage)));
    const found = page === wanted ? first : await list(page);
    const forPeople = new Set<string>();
    for (const { id } of found.evaluations) {
      if (asksPeople(await readEvaluators(access, id))) forPeople.add(id);
    }
    return { page, ...found, forPeople };
  });
  const isBlind = isForJudgingOnly(c);
  const listed = isBlind ? evaluations.filter(({ id }) => forPeople.has(id)) : evaluations;
  const main = html`<h1>Evaluations</h1>
${
  listed.length === 0
    ? html`<p class="note">${isBlind ? 'No Evaluation on this page waits for people.' : html`There is no Evaluation yet. ${makers} makes one.`}</p>`
    : html`<ul class="cards">${listed.map(
        ({ id, name, path, active_at, runs_count }) => html`<li class="card row">
<div><h2><a href="${isBlind ? links.judge(id) : links.evaluation(id)}"><bdi>${nameOf({ id, name })}</bdi></a></h2>
${path !== null && html`<p class="quiet small"><bdi>${path}</bdi></p>`}</div>
<p class="facts">${!isBlind && html`<span class="runs">${counted(runs_count, 'Run')}</span>`} <span class="active">last active ${timeOf(active_at)}</span>
<span class="act">${forPeople.has(id) && html`<a class="button plain small" href="${links.judge(id)}">Judge <span class="hidden">${nameOf({ id, name })}</span></a>`}</span></p></li>`,
      )}</ul>`
}
${pager({ page, size: evaluationsOfPage, total }, (other) => `${links.home}?page=${other}`)}`;
  return render(c, { title: 'Evaluations', main });
});

/** An Evaluator as it is listed, with what a comparison makes of it. */
export interface ShownEvaluator extends ListedVersion {
  readonly evaluator: Evaluator;
  readonly name: string;
}

export async function shownEvaluators(access: Access, evaluationId: string): Promise<ShownEvaluator[]> {
  return (await readEvaluators(access, evaluationId)).map(({ version, spec }) => ({
    version,
    spec,
    name: lastOf(version.path),
    evaluator: describeEvaluator({ path: version.path, versionId: version.id }, spec, {}),
  }));
}

/** Whether any of the Evaluators are people. */
function asksPeople(evaluators: readonly ListedVersion[]): boolean {
  return evaluators.some(({ spec }) => spec.evaluator_type === 'human');
}

/** A Run with its place among those of its Evaluation, from 1 on, and what it evaluates. */
export interface NumberedRun {
  readonly run: RunRow;
  readonly number: number;
  readonly version: VersionRow | undefined;
}

/** The oldest first. */
export async function numberedRuns(access: Access, evaluationId: string): Promise<NumberedRun[]> {
  const runs = await listRuns(access, evaluationId);
  const versions = await listVersions(
    access,
    runs.flatMap(({ version_id }) => version_id ?? []),
  );
  const byId = new Map(versions.map((version) => [version.id, version]));
  return runs.map((run, index) => ({ run, number: index + 1, version: byId.get(run.version_id ?? '') }));
}

/** What a Run evaluates, in as few words as tell it from the others. */
export function versionWords(version: VersionRow | undefined): Html {
  if (version === undefined) return html`<span class="quiet">unknown version</span>`;
  return html`<bdi>${shortened(version.version_name ?? lastOf(version.path), 80)}</bdi> <code class="quiet">${version.id.slice(-6)}</code>`;
}

evaluationPages.get('/evaluations/:id', async (c) => {
  requireReader(c);
  const id = c.req.param('id');
  const links = linksOf(c);
  const { store, knownStats } = c.var.service;
  const { evaluation, evaluators, runs, stats } = await store.read(async (access) => {
    const evaluation = await findEvaluation(access, id);
    const evaluators = await shownEvaluators(access, id);
    const runs = await numberedRuns(access, id);
    const page = Math.min(pageNumber(c.req.query('page')), Math.max(1, Math.ceil(runs.length / runsOfPage)));
    const shown = runs.toReversed().slice((page - 1) * runsOfPage, page * runsOfPage);
    const pictured = runs.slice(-runsOfPicture);
    const control = runs.find(({ run }) => run.control === 1);
    const needed = [...new Set([...shown, ...pictured, ...(control ? [control] : [])])];
    const stats = await statsOf(
      access,
      needed.map(({ run }) => run),
      evaluators,
      knownStats,
    );
    return {
      evaluation,
      evaluators,
      runs: { shown, pictured, control, page, total: runs.length },
      stats: new Map(stats.map((each) => [each.run_id, each])),
    };
  });
  const name = nameOf(evaluation);
  const main = html`<div class="title"><h1><bdi>${name}</bdi></h1>
${asksPeople(evaluators) && html`<a class="button" href="${links.judge(id)}">Judge answers</a>`}</div>
<p class="quiet line"><span>${counted(runs.total, 'Run')}, judged by ${counted(evaluators.length, 'evaluator')}</span> <code>${id}</code></p>
${
  runs.total === 0
    ? html`<p class="note">There is no Run yet. ${makers} makes one.</p>`
    : html`${pictures(evaluators, runs.pictured, runs.control, stats)}
<h2 id="runs">Runs</h2>
<div class="scroll" role="region" aria-labelledby="runs" tabindex="0"><table class="runs">
<thead><tr><th scope="col">Run</th>${evaluators.map(
        ({ name }) => html`<th scope="col" class="figure"><bdi>${name}</bdi></th>`,
      )}</tr></thead>
<tbody>${runs.shown.map((run) => runRow(id, run, runs.control, evaluators, stats.get(run.run.id), links))}</tbody>
</table></div>
${pager({ page: runs.page, size: runsOfPage, total: runs.total }, (other) => `${links.evaluation(id)}?page=${other}`)}`
}`;
  return render(c, { title: name, main });
});

function pictures(
  evaluators: readonly ShownEvaluator[],
  runs: readonly NumberedRun[],
  control: NumberedRun | undefined,
  stats: ReadonlyMap<string, RunStats>,
): Html {
  // A control from long ago is still what the others are held to.
  const pictured = control === undefined || runs.includes(control) ? runs : [control, ...runs];
  const drawn = evaluators.flatMap(({ evaluator, name, version }) => {
    const points = pictured
      .filter(({ run }) => run.status !== 'cancelled')
      .map(
        ({ run, number }): Point => ({
          number,
          figure: figureOf(evaluator, statsIn(stats.get(run.id), version.id)),
          isControl: run.control === 1,
          isOpen: isOpen(run.status),
        }),
      );
    const picture = courseOf(evaluator, points, name);
    return picture === null ? [] : [{ name, picture, note: unitNote(evaluator) }];
  });
  if (drawn.length === 0) return html``;
  return html`<h2 id="course">Run by Run</h2>
<div class="courses" role="region" aria-labelledby="course" tabindex="0">${drawn.map(
    ({
      name,
      picture,
      note,
    }) => html`<figure class="card"><figcaption><bdi>${name}</bdi> <span class="quiet">${note}</span></figcaption>
${picture}</figure>`,
  )}</div>
<p class="quiet small legend"><span><svg viewBox="0 0 16 16" aria-hidden="true"><g class="point control"><path d="M8 1L15 8L8 15L1 8Z"/></g></svg> control</span>
<span><svg viewBox="0 0 16 16" aria-hidden="true"><g class="point closed"><circle cx="8" cy="8" r="5"/></g></svg> completed</span>
<span><svg viewBox="0 0 16 16" aria-hidden="true"><g class="point open"><circle cx="8" cy="8" r="5"/></g></svg> judgments may be missing</span>
<span><svg viewBox="0 0 16 16" aria-hidden="true"><line class="whisker" x1="8" x2="8" y1="0" y2="16"/></svg> ${percent(intervalConfidence)} interval</span>
${control && html`<span><svg class="long" viewBox="0 0 32 16" aria-hidden="true"><line class="held" x1="0" x2="32" y1="8" y2="8"/></svg> value of the control</span>`}</p>`;
}

/** In which sense a value is good, where a reader might take it the wrong way round. */
export function unitNote({ type, direction }: Evaluator): string {
  if (type === 'number') return direction === null ? 'mean' : `mean, ${direction} is better`;
  if (type === 'boolean') return direction === 'lower' ? 'share of the good answers' : 'share of passes';
  return 'mean score';
}

function statsIn(stats: RunStats | undefined, versionId: string): EvaluatorStats | undefined {
  return stats?.evaluator_stats.find(({ evaluator_version_id }) => evaluator_version_id === versionId);
}

function runRow(
  evaluationId: string,
  { run, number, version }: NumberedRun,
  control: NumberedRun | undefined,
  evaluators: readonly ShownEvaluator[],
  stats: RunStats | undefined,
  links: ReturnType<typeof linksOf>,
): Html {
  const logs = stats?.num_logs ?? run.logs_count;
  const expected = Math.max(logs, run.datapoints_count ?? 0);
  const isComparable = control !== undefined && control.run.id !== run.id && run.imported_stats === null;
  const href = links.compare(evaluationId, { run: run.id, control: control?.run.id });
  return html`<tr${run.control === 1 ? html` class="held"` : ''}>
<th scope="row"><div class="run"><span class="number">${number}</span> <div>${versionWords(version)}
<span class="line">${statusBadge(run.status)} ${run.control === 1 && controlBadge} <span class="quiet small">${timeOf(run.created_at)}</span> <code class="quiet">${run.id}</code></span>
${logs < expected && html`<span class="line warn small">${whole(logs)} of ${counted(expected, 'Log')}</span>`}
<span class="line small">${isComparable && html`<a href="${href}">Compare <span class="hidden">Run ${number}</span> with the control</a>`} ${isOpen(run.status) && asksPeople(evaluators) && html`<a href="${links.judge(evaluationId, { run: run.id })}">Judge <span class="hidden">Run ${number}</span></a>`}</span></div></div></th>
${evaluators.map(({ evaluator, version, name }) => figureCell(name, evaluator, statsIn(stats, version.id), expected))}
</tr>`;
}

/** A figure with the number of judgments, and what is missing. */
function figureCell(name: string, evaluator: Evaluator, stats: EvaluatorStats | undefined, expected: number): Html {
  // On a phone, where the heads of the columns do not fit.
  const label = html`<span class="label" aria-hidden="true">${name}</span>`;
  if (stats === undefined) return html`<td class="figure quiet">${label}<strong>–</strong></td>`;
  const figure = figureOf(evaluator, stats);
  const missing = Math.max(0, expected - stats.total_logs);
  return html`<td class="figure">${label}${figure === null ? countsOf(stats) : html`<strong>${value(evaluator, figure.value)}</strong>`}
<span class="quiet small">${counted(stats.num_judgments, 'judgment')}</span>
${missing > 0 && html`<span class="warn small">${whole(missing)} missing</span>`}
${stats.num_errors > 0 && html`<span class="warn small">${counted(stats.num_errors, 'error')}</span>`}</td>`;
}

const maxOptions = 3;

function countsOf(stats: EvaluatorStats): Html | string {
  const counts = 'num_judgments_per_option' in stats ? Object.entries(stats.num_judgments_per_option) : [];
  const options = counts.filter(([, count]) => count > 0).toSorted(([, a], [, b]) => b - a);
  if (options.length === 0) return html`<strong class="quiet">–</strong>`;
  return html`${options.slice(0, maxOptions).map(([option, count]) => html`<span class="small">${whole(count)} <bdi>${shortened(option, 40)}</bdi></span>`)}`;
}
