/** Plays the story of the action against the sandbox, step by step as the runner would, and shows what people see of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { runAction, type StepResult } from '../__tests__/support/runner/runner.ts';
import { type Sandbox, startSandbox } from './server.ts';

interface Scene {
  readonly title: string;
  /** What is about to happen, and why it matters. */
  readonly about: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly expected: StepResult['conclusion'];
  /** What goes on elsewhere while the step runs. */
  readonly meanwhile?: () => Promise<void>;
}

const bold = (text: string) => (process.stdout.isTTY ? `\u001b[1m${text}\u001b[0m` : text);
const shownOutputs = ['status', 'control', 'updated', 'judged', 'expected', 'gate', 'verdict', 'regressed', 'promoted'];

function scenesOf({ evaluationId, fewEvaluationId, runs, judge }: Sandbox): Scene[] {
  return [
    {
      title: 'Complete a Run',
      about: 'External evaluators are done, so the workflow completes the Run. One request.',
      inputs: { 'evaluation-id': evaluationId, 'run-id': runs.pending, status: 'completed' },
      expected: 'success',
    },
    {
      title: 'Run the job again',
      about: 'The Run is completed already. That is a success, and nothing changes.',
      inputs: { 'evaluation-id': evaluationId, 'run-id': runs.pending, status: 'completed' },
      expected: 'success',
    },
    {
      title: 'A wrong id',
      about: 'Somebody mistyped run-id. The message names what was not found and what to check.',
      inputs: { 'evaluation-id': evaluationId, 'run-id': 'rn_mistyped', status: 'completed' },
      expected: 'failure',
    },
    {
      title: 'Wait for the judging',
      about:
        'People are still judging. The step goes on only when every Log is proven to be judged, which completes the Run.',
      inputs: { 'evaluation-id': evaluationId, 'run-id': runs.arriving, status: 'completed', 'wait-minutes': '1' },
      expected: 'success',
      async meanwhile() {
        while ((await judge(30)) > 0) await sleep(600);
      },
    },
    {
      title: 'A worse Run does not pass',
      about:
        'The gate compares with the control Run. Two evaluators regressed: the step fails, nothing is promoted.\n' +
        'n is how many datapoints were compared. The 90 % interval is two-sided and belongs to one-sided tests at 95 %.',
      inputs: {
        'evaluation-id': evaluationId,
        'run-id': runs.worse,
        status: 'completed',
        gate: 'regression',
        control: 'true',
      },
      expected: 'failure',
    },
    {
      title: 'A better Run passes and is promoted',
      about: 'It improved and got worse nowhere, so it becomes the control that the next Runs are compared with.',
      inputs: {
        'evaluation-id': evaluationId,
        'run-id': runs.better,
        status: 'completed',
        gate: 'regression',
        control: 'true',
      },
      expected: 'success',
    },
    {
      title: 'Too few datapoints',
      about:
        'Twelve datapoints cannot show whether a drop is more than noise. The gate says so instead of guessing.\n' +
        '"!" marks a measured drop beyond what is tolerated, and an evaluator with too few datapoints to be tested.',
      inputs: { 'evaluation-id': fewEvaluationId, 'run-id': runs.few, gate: 'regression' },
      expected: 'success',
    },
  ];
}

async function play(scene: Scene, number: number, { baseUrl, apiKey }: Sandbox): Promise<boolean> {
  const inputs = { 'api-key': apiKey, 'base-url': baseUrl, ...scene.inputs };
  console.log(`\n${bold(`${number}. ${scene.title}`)}\n${scene.about}\n`);
  console.log('   with:');
  for (const [name, value] of Object.entries(inputs))
    console.log(`     ${name}: ${name === 'api-key' ? '***' : value}`);
  console.log('');
  const [result] = await Promise.all([
    runAction({ inputs, timeoutMs: 90_000, onLog: (line) => console.log(`   │ ${line}`) }),
    scene.meanwhile?.(),
  ]);
  const outputs = shownOutputs.filter((name) => result.outputs[name]).map((name) => `${name}=${result.outputs[name]}`);
  console.log(`\n   outputs: ${outputs.join('  ') || 'none'}`);
  console.log(`   conclusion: ${bold(result.conclusion)} after ${(result.durationMs / 1000).toFixed(1)} s`);
  if (result.conclusion === scene.expected) return true;
  console.log(`   This should have been a ${scene.expected}.`);
  return false;
}

const sandbox = await startSandbox();
try {
  console.log(
    `A Humanloop-compatible server is at ${sandbox.baseUrl}. Each scene runs dist/ as a workflow step would.`,
  );
  for (const [index, scene] of scenesOf(sandbox).entries()) {
    if (!(await play(scene, index + 1, sandbox))) process.exitCode = 1;
  }
  console.log(
    `\nThe server got ${sandbox.requests.length} requests, all on this machine. README.md says how to use the action in a workflow.`,
  );
} finally {
  await sandbox.close();
}
