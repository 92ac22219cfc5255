/** The page where people judge: one answer at a time, without saying which Run it is from. */

import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { ApiError, conflict } from '../errors.ts';
import { judgeLog } from '../routes/judgments.ts';
import { type Choice, cannotSay, type Question, questionOf, readAnswer } from '../rules/questions.ts';
import { nextLog } from '../rules/queue.ts';
import { isOpen } from '../rules/status.ts';
import type { Access } from '../store/access.ts';
import { findDatapoints } from '../store/datasets.ts';
import { findEvaluation } from '../store/evaluations.ts';
import type { Key } from '../store/keys.ts';
import { findLog, type LogRow } from '../store/logs.ts';
import { countCompleteLogs, listJudgedBy, listJudgmentsOfPeople, listUnjudged, type Work } from '../store/pages.ts';
import { findRun, listRuns, type RunRow } from '../store/runs.ts';
import { JudgmentFields } from '../wire/judgment.ts';
import { isForJudgingOnly, nameOf, type ShownEvaluator, shownEvaluators } from './evaluations.ts';
import { type Html, linksOf, render, tokenInput } from './layout.ts';
import { type PageEnv, readForm, textField } from './session.ts';
import { inputOf, outputOf, partsHtml, targetOf, textHtml } from './texts.ts';
import { counted, valenceSign } from './words.ts';

export const judgePages = new Hono<PageEnv>();

/** Characters of a text that are shown. */
const maxText = 100_000;

/** What a person has judged, and what is left. */
interface Progress {
  /** Null without a `run` in the address: then it is about all open Runs of the Evaluation. */
  readonly run: RunRow | null;
  readonly unjudged: readonly string[];
  /** Logs that nobody or somebody has judged. */
  readonly total: number;
  /** The Logs that this person has judged, the last one first; and how many of them are among `total`. */
  readonly own: readonly string[];
  readonly ownCount: number;
}

interface Place {
  readonly evaluationId: string;
  readonly runId: string | undefined;
}

/** A Log as it is asked about. */
interface Asked {
  readonly log: LogRow;
  readonly datapoint: unknown;
  readonly evaluators: readonly ShownEvaluator[];
  /** What this person said of it before, by the id of the Evaluator. */
  readonly before: ReadonlyMap<string, unknown>;
}

const isHuman = ({ spec }: ShownEvaluator) => spec.evaluator_type === 'human';

/** People judge Runs that others are not yet held to. */
function isJudgeable({ status, control }: RunRow): boolean {
  return status !== 'cancelled' && control === 0;
}

async function readProgress(
  access: Access,
  key: Key,
  { evaluationId, runId }: Place,
  evaluators: readonly ShownEvaluator[],
): Promise<Progress> {
  const run = runId === undefined ? null : await findRun(access, runId, evaluationId);
  const runs = (run === null ? await listRuns(access, evaluationId) : [run]).filter(isJudgeable);
  const workOf = (some: readonly RunRow[]): Work => ({
    runIds: some.map(({ id }) => id),
    evaluatorIds: evaluators.map(({ version }) => version.file_id),
  });
  const open = workOf(runs.filter(({ status }) => isOpen(status)));
  const own = await listJudgedBy(access, workOf(runs), key.name);
  const countedRuns = run === null ? open.runIds : runs.map(({ id }) => id);
  return {
    run,
    unjudged: await listUnjudged(access, open),
    total: await countCompleteLogs(access, countedRuns),
    own: own.map(({ log_id }) => log_id),
    ownCount: own.filter(({ run_id }) => run_id !== null && countedRuns.includes(run_id)).length,
  };
}

/** A Log is asked about by the Evaluators that nobody has judged it by, and by those that this person has. */
async function readAsked(
  access: Access,
  key: Key,
  logId: string,
  evaluationId: string,
  evaluators: readonly ShownEvaluator[],
): Promise<Asked> {
  const log = await findLog(access, logId);
  // Throws for a Log of another Evaluation.
  await findRun(access, log.run_id ?? '', evaluationId);
  const datapoint = (await findDatapoints(access, [log.datapoint_id ?? ''])).get(log.datapoint_id ?? '');
  const judgments = await listJudgmentsOfPeople(
    access,
    logId,
    evaluators.map(({ version }) => version.file_id),
  );
  const own = judgments.filter(({ judge }) => judge === key.name);
  const before = new Map(
    own.map(({ evaluator_id, content }): [string, unknown] => {
      const { judgment }: { judgment: unknown } = JSON.parse(content);
      return [evaluator_id, judgment];
    }),
  );
  return {
    log,
    datapoint: datapoint === undefined ? null : JSON.parse(datapoint.content),
    before,
    evaluators: evaluators.filter(
      ({ version }) =>
        before.has(version.file_id) || !judgments.some(({ evaluator_id }) => evaluator_id === version.file_id),
    ),
  };
}

/** What went wrong with an answer, to be shown beside it. */
interface Refusal {
  readonly logId: string;
  readonly message: string;
  readonly problems: ReadonlyMap<string, string>;
  /** The fields as they were sent, by the id of the Evaluator. */
  readonly sent: ReadonlyMap<string, readonly string[]>;
}

async function showPage(
  c: Context<PageEnv>,
  refusal?: Refusal,
  status: ApiError['status'] | 200 = 200,
): Promise<Response> {
  const place = placeOf(c);
  const { evaluationId, runId } = place;
  const wanted = refusal?.logId ?? c.req.query('log');
  const after = c.req.query('after') ?? null;
  const { key, service } = c.var;
  const { name, evaluators, progress, asked } = await service.store.read(async (access) => {
    const name = nameOf(await findEvaluation(access, evaluationId));
    const evaluators = (await shownEvaluators(access, evaluationId)).filter(isHuman);
    if (evaluators.length === 0) return { name, evaluators, progress: null, asked: null };
    const progress = await readProgress(access, key, place, evaluators);
    const logId = wanted ?? nextLog(key.name, progress.unjudged, after);
    const asked = logId === undefined ? null : await readAsked(access, key, logId, evaluationId, evaluators);
    return { name, evaluators, progress, asked };
  });
  const links = linksOf(c);
  // A blind person learns nothing from the page of the Evaluation, which is not theirs to see.
  const trail = [
    { label: name, href: isForJudgingOnly(c) ? links.judge(evaluationId) : links.evaluation(evaluationId) },
  ];
  const title = `Judge – ${name}`;
  if (progress === null || evaluators.length === 0) {
    const main = html`<h1>Nothing for people to judge</h1>
<p class="note">This Evaluation has no evaluator of the type 'human'. Add one, and its question is asked here.</p>
<p><a class="button plain" href="${links.home}">All Evaluations</a></p>`;
    return render(c, { title, trail, main, width: 'narrow' });
  }
  const undo = previousOf(progress, asked?.log.id);
  const undoHref = undo === undefined ? null : links.judge(evaluationId, { run: runId, log: undo });
  if (asked === null || asked.evaluators.length === 0) {
    return render(c, { title, trail, main: donePage(progress, asked !== null, undoHref, links.home), width: 'narrow' });
  }
  const content: unknown = JSON.parse(asked.log.content);
  const main = html`<h1 class="hidden">${asked.before.size > 0 ? 'Correct an answer' : 'Judge an answer'}: <bdi>${name}</bdi></h1>
${progress.total > 0 && progressBar(progress)}
${refusal && html`<p class="note bad" role="alert">${refusal.message}</p>`}
${asked.before.size > 0 && html`<p class="note">You have judged this answer already. Saving replaces your judgment.</p>`}
<div class="judging">
<div class="asked">
<section class="card"><h2>Input</h2>${partsHtml(inputOf(asked.datapoint, content), maxText, 'There is no input.')}</section>
<section class="card answer"><h2>Answer</h2>${partsHtml(outputOf(content), maxText, 'There is no answer.')}</section>
${needsTarget(asked) && html`<section class="card"><h2>Target</h2>${partsHtml(targetOf(asked.datapoint, content), maxText, 'There is no target.')}</section>`}
</div>
<form class="card questions" method="post" action="${links.judge(evaluationId, { run: runId })}" data-judge>
${tokenInput(c)}<input type="hidden" name="log" value="${asked.log.id}">
${asked.evaluators.map((evaluator) => fieldset(evaluator, asked, refusal))}
<div class="actions">
<button class="button" data-key="Enter">Save and next <kbd>Enter</kbd></button>
<a class="button plain" href="${links.judge(evaluationId, { run: runId, after: asked.log.id })}" data-key="s">Skip <kbd>S</kbd></a>
${undoHref && html`<a class="button plain" href="${undoHref}" data-key="u">Undo <kbd>U</kbd></a>`}
</div>
<p class="quiet small" data-keys hidden><label><input type="checkbox" data-keys-switch checked> Use the keys that stand beside the choices</label></p>
</form>
</div>
<p class="hidden" role="status" data-status>${statusWords(progress)}</p>`;
  return render(c, { title, trail, main }, status);
}

function placeOf(c: Context<PageEnv>): Place {
  return { evaluationId: c.req.param('id') ?? '', runId: c.req.query('run') };
}

/** The Log that this person judged before the shown one, or last of all. */
function previousOf({ own }: Progress, shown: string | undefined): string | undefined {
  const at = shown === undefined ? -1 : own.indexOf(shown);
  return own[at + 1];
}

/** Whoever judges without a target is not to see it. */
function needsTarget({ evaluators }: Asked): boolean {
  return evaluators.some(({ spec }) => spec.arguments_type === 'target_required');
}

function statusWords({ unjudged, total, ownCount }: Progress): string {
  return `${total - unjudged.length} of ${counted(total, 'answer')} judged, ${ownCount} by you`;
}

function progressBar(progress: Progress): Html {
  const { unjudged, total } = progress;
  const words = statusWords(progress);
  return html`<div class="progress"><progress max="${Math.max(total, 1)}" value="${total - unjudged.length}" aria-label="Progress">${words}</progress>
<span class="quiet">${words}</span></div>`;
}

/** All is judged, or it cannot be judged any more. */
function donePage(progress: Progress, isOfOthers: boolean, undoHref: string | null, homeHref: string): Html {
  const { run, own, total } = progress;
  const closed =
    run?.status === 'cancelled'
      ? 'The Run was cancelled, so its judgments cannot be changed.'
      : run?.control === 1
        ? 'The Run is the control, with which others are compared, so its judgments cannot be changed.'
        : undefined;
  const words = isOfOthers
    ? 'Somebody else has judged this answer. Only they can change their judgment.'
    : (closed ??
      (total === 0
        ? 'There is no answer to judge at the moment.'
        : progress.unjudged.length === 0
          ? 'All answers are judged. Thank you!'
          : 'There is nothing to judge here at the moment.'));
  return html`<h1>${closed === undefined && !isOfOthers && total > 0 ? 'Done' : 'Nothing to judge'}</h1>
${total > 0 && progressBar(progress)}
<p class="note">${words}</p>
<p class="actions">${own.length > 0 && undoHref && html`<a class="button plain" href="${undoHref}" data-key="u">Look at your last judgment again <kbd>U</kbd></a>`} <a class="button plain" href="${homeHref}">All Evaluations</a></p>
<p class="hidden" role="status" data-status>${words}</p>`;
}

/** Names the questions of a form: those that get no answer send nothing else. */
const askedField = 'asked';
const fieldName = (evaluatorId: string) => `judgment ${evaluatorId}`;

function fieldset(shown: ShownEvaluator, { before }: Asked, refusal: Refusal | undefined): Html {
  const { spec, version, name } = shown;
  const id = version.file_id;
  const question = questionOf(spec);
  const problem = refusal?.problems.get(id);
  const given = refusal?.sent.get(id) ?? (before.has(id) ? fieldsOf(question, before.get(id)) : []);
  const explanation = spec.instructions ?? version.description;
  return html`<fieldset data-question="${question.kind}"${problem === undefined ? '' : html` aria-describedby="problem-${id}"`}>
<legend><bdi>${name}</bdi></legend><input type="hidden" name="${askedField}" value="${id}">
${explanation && html`<div class="instructions">${textHtml(explanation, 5_000)}</div>`}
${problem && html`<p class="problem" id="problem-${id}">${problem}</p>`}
${controls(question, fieldName(id), given, name)}
</fieldset>`;
}

/** The fields that would send a judgment. */
function fieldsOf(question: Question, judgment: unknown): string[] {
  if (judgment === null || judgment === undefined) return question.kind === 'text' ? [] : [cannotSay];
  if (question.kind === 'several') return [judgment].flat().map((each) => JSON.stringify(each));
  if (question.kind === 'text') return [[judgment].flat().join('\n')];
  return [question.kind === 'number' ? String(judgment) : JSON.stringify(judgment)];
}

function controls(question: Question, name: string, given: readonly string[], label: string): Html {
  switch (question.kind) {
    case 'one':
      return html`<div class="choices${question.isScale ? ' scale' : ''}">${question.choices.map((choice) => choiceHtml('radio', name, choice, given))}</div>
${cannotHtml('radio', name, given)}`;
    case 'several':
      return html`<div class="choices">${question.choices.map((choice) => choiceHtml('checkbox', name, choice, given))}</div>
${cannotHtml('checkbox', name, given)}`;
    case 'number': {
      const { min, max, step } = question;
      const range = [min !== null && `from ${min}`, max !== null && `to ${max}`].filter(Boolean).join(' ');
      return html`<label class="field">Number${range && ` ${range}`} <input type="number" name="${name}" inputmode="decimal" step="${step ?? 'any'}"${min === null ? '' : html` min="${min}"`}${max === null ? '' : html` max="${max}"`} value="${given.find((field) => field !== cannotSay) ?? ''}"></label>
${cannotHtml('checkbox', name, given)}`;
    }
    case 'text':
      return html`<label class="field"><span class="hidden">${label}</span><textarea name="${name}" rows="3">${given[0] ?? ''}</textarea></label>
<p class="quiet small" data-keys hidden><kbd>Ctrl</kbd> <kbd>Enter</kbd> in this field saves.</p>`;
  }
}

function choiceHtml(
  type: 'radio' | 'checkbox',
  name: string,
  { value, label, valence, key }: Choice,
  given: readonly string[],
): Html {
  const isChosen = given.includes(value);
  return html`<label class="choice ${valence ?? ''}"><input type="${type}" name="${name}" value="${value}"${isChosen ? html` checked` : ''}${key === null ? '' : html` data-key="${key}"`}>
<span class="label">${valenceSign(valence)} <bdi>${label}</bdi>${valence === 'positive' || valence === 'negative' ? html`<span class="hidden"> (${valence === 'positive' ? 'good' : 'bad'})</span>` : ''}</span>${key && html`<kbd aria-hidden="true">${key}</kbd>`}</label>`;
}

function cannotHtml(type: 'radio' | 'checkbox', name: string, given: readonly string[]): Html {
  return html`<label class="choice cannot"><input type="${type}" name="${name}" value="${cannotSay}" data-key="c"${given.includes(cannotSay) ? html` checked` : ''}>
<span class="label">Cannot say</span><kbd aria-hidden="true">C</kbd></label>`;
}

judgePages.get('/evaluations/:id/judge', (c) => showPage(c));

judgePages.post('/evaluations/:id/judge', async (c) => {
  const form = await readForm(c);
  const { evaluationId, runId } = placeOf(c);
  const { key, service } = c.var;
  const logId = textField(form, 'log');
  const sent = new Map<string, string[]>();
  const problems = new Map<string, string>();
  try {
    await service.store.write(async (access) => {
      const evaluators = (await shownEvaluators(access, evaluationId)).filter(isHuman);
      const log = await findLog(access, logId);
      requireJudgeable(await findRun(access, log.run_id ?? '', evaluationId));
      // What somebody else has judged meanwhile is judged by both.
      const ids = form.getAll(askedField);
      const asked = evaluators.filter(({ version }) => ids.includes(version.file_id));
      if (asked.length === 0) throw new ApiError(422, 'Nothing was saved: the form asks nothing. Reload the page.');
      const judgments = asked.flatMap(({ spec, version }) => {
        const id = version.file_id;
        const fields = form.getAll(fieldName(id)).filter((field) => typeof field === 'string');
        sent.set(id, fields);
        const answer = readAnswer(spec, fields);
        if ('judgment' in answer) return [{ version, judgment: answer.judgment }];
        problems.set(id, answer.problem);
        return [];
      });
      if (problems.size > 0)
        throw new ApiError(
          422,
          'Nothing was saved: an answer is missing or wrong. The message at its question says why.',
        );
      for (const { version, judgment } of judgments) {
        await judgeLog(access, key, log, version, { ...JudgmentFields.parse({ judgment }), id: null });
      }
    });
  } catch (error) {
    if (!(error instanceof ApiError) || (error.status !== 409 && error.status !== 422)) throw error;
    const message = error.status === 409 ? `Nothing was saved. ${error.message} Skip this answer.` : error.message;
    return showPage(c, { logId, message, problems, sent }, error.status);
  }
  return c.redirect(linksOf(c).judge(evaluationId, { run: runId, after: logId }), 303);
});

/** Throws a 409 if the judgments of the Run stay as they are, whatever the key may do besides. */
function requireJudgeable(run: RunRow): void {
  if (isJudgeable(run)) return;
  const why = run.control === 1 ? 'has become the control' : 'was cancelled';
  throw conflict(`The Run of this answer ${why} meanwhile, so its judgments cannot be changed.`);
}
