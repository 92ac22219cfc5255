/** Plays the story of the action, step by step as the runner would, and shows what people see of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { runAction, type StepResult } from '../__tests__/support/runner/runner.ts';
import { type Edit, resultsOfBot, resultsOfMoodyBot } from './bots.ts';
import { type Job, startJob } from './job.ts';
import { type Sandbox, startSandbox } from './server.ts';
import { bold, columns, paragraph, renderMarkdown, wrap } from './terminal.ts';

interface Scene {
  readonly title: string;
  /** What is about to happen, and why it matters. */
  readonly about: string;
  /** What has happened at the end, for the list that closes the demo. */
  readonly end: string;
  /** @throws {Error} if a step ends otherwise than it should */
  play(): Promise<void>;
}

const started = performance.now();
const write = (lines: readonly string[]) => console.log(lines.join('\n'));

/** Names by id. The demo shows them in their place. */
const names = new Map<string, string>();
const named = (line: string) =>
  line.replace(/(?<![/\w])(rn|evr)_\w+/g, (id) => (names.has(id) ? `“${names.get(id)}”` : id));

const showLine = (line: string) => write(wrap(named(line), columns - 4).map((part) => `  │ ${part}`.trimEnd()));

/** How much of a log is shown: up to its first or its second empty line, or all. */
type Extent = 'opening' | 'table' | 'all';

function showLog(log: readonly string[], extent: Extent): void {
  const gaps = log.flatMap((line, index) => (line === '' ? [index] : []));
  const end = { opening: gaps[0], table: gaps[1], all: undefined }[extent] ?? log.length;
  for (const line of log.slice(0, end)) showLine(line);
}

const shownOutputs = ['status', 'judged', 'gate', 'verdict', 'promoted'];

/** Says how a step ended, and checks that it is how it should. */
function conclude({ conclusion, outputs, durationMs }: StepResult, expected: StepResult['conclusion']): void {
  const shown = shownOutputs.filter((name) => outputs[name]).map((name) => `${name}=${outputs[name]}`);
  const mark = conclusion === 'success' ? '✓' : '✗';
  const seconds = (durationMs / 1000).toFixed(1);
  write([`  ${mark} ${bold(conclusion)} after ${seconds} s   ${shown.join('  ')}`.trimEnd(), '']);
  if (conclusion !== expected) throw new Error(`This should have been a ${expected}.`);
}

/** Records a version in a job without a server of its own, and gives the Run its name. */
async function record(job: Job, evaluation: string, version: string, lines: string): Promise<StepResult> {
  const scores = evaluation === 'support-bot' ? 'words: { direction: lower, min: 0, max: 200 }' : '';
  const step = await job.record({ evaluation, version, lines, scores });
  names.set(step.outputs['evaluation-id'] ?? '', evaluation).set(step.outputs['run-id'] ?? '', version);
  if (step.conclusion !== 'success') throw new Error(step.log.join('\n'));
  return step;
}

const shorter: Edit = [['Thank you for getting in touch! Our page', 'Our page']];
const fromMemory: Edit = [
  ["['delivery_status', /due on/]", "['delivery_status', /late/]"],
  ["['payment_failed', /declined/]", "['payment_failed', /refused/]"],
  ["['double_charge', /twice/]", "['double_charge', /double/]"],
  ["['missing_item', /packing slip/]", "['missing_item', /missing/]"],
];

function scenesWithoutServer(job: Job): Scene[] {
  return [
    {
      title: 'A worse bot is stopped',
      about:
        'The bot in examples/evals answers 60 questions of customers. You run no server: the job starts one on ' +
        'a file (uses: …/server), records what the bot answered as a Run (uses: …/record), and compares that Run with the ' +
        'one of main (uses: the action itself). Nothing to host, no account, no secret.',
      end: 'A worse bot was stopped, a harmless change was not. The comment names what got worse.',
      async play() {
        write([`${bold('main')}: the bot as it is. Its Run becomes the control, which the others are compared with.`]);
        const main = await record(job, 'support-bot', 'main', resultsOfBot([]));
        showLog(main.log, 'all');
        const first = await job.gate(main, { control: 'true' });
        showLog(first.log, 'opening');
        conclude(first, 'success');

        write([`${bold('shorter')}: a pull request that leaves out the thanks in each reply.`]);
        const harmless = await job.gate(await record(job, 'support-bot', 'shorter', resultsOfBot(shorter)));
        showLog(harmless.log, 'table');
        conclude(harmless, 'success');

        write([`${bold('from memory')}: a pull request that rewrites four patterns.`]);
        write(fromMemory.flatMap(([before, after]) => [`    - ${before}`, `    + ${after}`]));
        const { step, comment } = await job.gateWithComment(
          await record(job, 'support-bot', 'from memory', resultsOfBot(fromMemory)),
        );
        showLog(step.log, 'all');
        conclude(step, 'failure');
        write(['The comment on the pull request:', `╭${'─'.repeat(columns - 2)}╮`]);
        for (const line of renderMarkdown(comment, 'What was asked and answered', columns - 4))
          write([`  ${line}`.trimEnd()]);
        write([`╰${'─'.repeat(columns - 2)}╯`, '']);
      },
    },
    {
      title: 'Three control Runs see what one does not',
      about:
        'A bot that answers some questions by chance: 200 results, made up. The change makes it 5 points worse. ' +
        'Compared with one Run of main, luck hides the drop. main was evaluated on three nights, and compared with all of ' +
        'them the same Run shows the drop. (Such a drop is caught in 53% of cases with one control Run, in 66% with three: ' +
        'docs/statistics.md. This case was picked to show the difference.)',
      end: 'A drop that was inconclusive against one control Run was caught against three.',
      async play() {
        for (const night of ['Monday', 'Tuesday', 'Wednesday']) {
          const run = await record(job, 'moody-bot', 'main', resultsOfMoodyBot(night));
          names.set(run.outputs['run-id'] ?? '', `main on ${night}`);
          if (night === 'Monday') await job.gate(run, { control: 'true' });
        }
        const change = await record(job, 'moody-bot', 'reworded', resultsOfMoodyBot('reworded', 0.125));
        write([bold('control-runs: 1')]);
        const one = await job.gate(change, { 'control-runs': '1' });
        showLog(one.log, 'table');
        conclude(one, 'success');
        write([`${bold('control-runs: 3')}, as by default`]);
        const three = await job.gate(change);
        showLog(three.log, 'table');
        conclude(three, 'failure');
      },
    },
  ];
}

function scenesWithServer({ baseUrl, apiKey, evaluationId, fewEvaluationId, runs, judge }: Sandbox): Scene[] {
  names.set(evaluationId, 'answer-quality').set(fewEvaluationId, 'escalations');
  names.set(runs.control, 'baseline').set(runs.better, 'intents with examples').set(runs.arriving, 'next step first');
  names.set(runs.pending, 'plain words').set(runs['few-control'], 'baseline').set(runs.few, 'plain words');

  /** One step, its inputs first. */
  async function step(
    expected: StepResult['conclusion'],
    given: Readonly<Record<string, string>>,
    meanwhile: () => Promise<void> = async () => {},
  ): Promise<void> {
    write(Object.entries(given).map(([name, value]) => `    ${name}: ${named(value)}`));
    const inputs = { 'api-key': apiKey, 'base-url': baseUrl, ...given };
    const [result] = await Promise.all([runAction({ inputs, timeoutMs: 90_000, onLog: showLine }), meanwhile()]);
    conclude(result, expected);
  }

  return [
    {
      title: 'A better bot is promoted',
      about:
        'From here on there is a server that keeps running, with a Run of a version that improved and got worse nowhere. It ' +
        'becomes the control that the next Runs are compared with.',
      end: 'A better bot passed, and its Run became the control.',
      play: () =>
        step('success', {
          'evaluation-id': evaluationId,
          'run-id': runs.better,
          status: 'completed',
          gate: 'regression',
          control: 'true',
        }),
    },
    {
      title: 'Twelve questions are too few',
      about:
        'Twelve datapoints cannot show whether a drop is more than luck. The gate says so, and how many datapoints it would ' +
        'take. “!” marks a measured drop beyond what is tolerated.',
      end: 'Twelve questions were too few for a decision, and the gate said so.',
      play: () => step('success', { 'evaluation-id': fewEvaluationId, 'run-id': runs.few, gate: 'regression' }),
    },
    {
      title: 'The step waits for people',
      about: 'People are still judging. The step continues only when every Log is proven to be judged.',
      end: 'A step waited until people had judged every answer.',
      play: () =>
        step(
          'success',
          { 'evaluation-id': evaluationId, 'run-id': runs.arriving, status: 'completed', 'wait-minutes': '1' },
          async () => {
            while ((await judge(40)) > 0) await sleep(500);
          },
        ),
    },
    {
      title: 'The small things',
      about:
        'A step completes a Run with one request. Run again, it finds nothing to do. With a wrong id, it says which.',
      end: 'A Run was completed; doing it again did no harm; a wrong id was named.',
      async play() {
        const complete = { 'evaluation-id': evaluationId, 'run-id': runs.pending, status: 'completed' };
        await step('success', complete);
        await step('success', complete);
        await step('failure', { ...complete, 'run-id': 'rn_mistyped' });
      },
    },
  ];
}

const [job, sandbox] = [await startJob(), await startSandbox()];
let hasEnded = false;
try {
  const scenes = [...scenesWithoutServer(job), ...scenesWithServer(sandbox)];
  write([
    '',
    ...paragraph(
      'Your bot answers questions. Somebody changes its prompt, its model or its code. Did the answers get worse, or was it ' +
        'luck? This action compares the change with main, answer by answer, fails the pull request if it is really worse, and ' +
        'names the answers.',
    ),
    '',
    'Now dist/ runs as a workflow would run it, on this machine alone:',
    '',
    ...scenes.map(({ title }, index) => `  ${index + 1}. ${title}`),
    '',
    ...paragraph('If a log has the id of a Run or of an Evaluation, the demo shows its name in quotes instead.'),
    '',
  ]);
  const ends: string[] = [];
  for (const [index, { title, about, end, play }] of scenes.entries()) {
    const heading = `── ${index + 1}. ${title} `;
    write([bold(heading.padEnd(columns, '─')), ...paragraph(about), '']);
    try {
      await play();
      ends.push(`  ${index + 1}. ${end}`);
    } catch (error) {
      process.exitCode = 1;
      const reason = error instanceof Error ? error.message : String(error);
      ends.push(`  ${index + 1}. It did not go as it should: ${reason}`);
      write(wrap(reason));
    }
  }
  const { log } = await job.end();
  hasEnded = true;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  write([
    bold('── What happened '.padEnd(columns, '─')),
    ...ends.flatMap((end) => wrap(end)),
    '',
    // The file is gone when the demo ends.
    ...log.slice(0, 1).map((line) => line.replace(/ They are in .*/, '')),
    `All of it took ${seconds} s and reached nothing beyond this machine. README.md has the workflow to copy.`,
  ]);
} finally {
  if (!hasEnded) await job.end();
  await sandbox.close();
}
