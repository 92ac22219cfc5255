import { afterAll, expect } from '@jest/globals';
import { createInputs } from './create-inputs.ts';
import { expectSafe } from './expect-safe.ts';
import { type Answer, type Fault, type RecordedRequest, type Script, startServer } from './http-server.ts';
import { type RunOptions, runAction, type StepResult } from './runner/runner.ts';

interface Closable {
  close(): Promise<void>;
}

const open: Closable[] = [];
afterAll(async () => {
  await Promise.all(open.map((server) => server.close()));
});

/** A server that stays until the tests of this file are over, however they end. */
export async function opened<T extends Closable>(starting: Promise<T>): Promise<T> {
  const server = await starting;
  open.push(server);
  return server;
}

/** A step that has run, and what the server saw of it. */
export interface Step extends StepResult {
  readonly requests: readonly RecordedRequest[];
}

/** Runs the committed bundle against a server that gives these answers, and checks what must hold of every step. */
export async function runStep(
  answers: Script<Fault | Answer> | ((request: RecordedRequest) => Fault | Answer),
  { inputs, ...options }: Partial<RunOptions> = {},
): Promise<Step> {
  const server = await opened(startServer(answers));
  const result = await runSafely({ ...options, inputs: createInputs({ 'base-url': `${server.url}/v5`, ...inputs }) });
  return { ...result, requests: server.requests };
}

/**
 * Runs the committed bundle and checks what must hold of every step, and that its only workflow commands are the mask, one error if
 * it fails, and so many notices.
 */
export async function runSafely(options: RunOptions, notices = 0): Promise<StepResult> {
  const result = await runAction(options);
  const key = options.inputs['api-key']?.trim() ?? '';
  expectSafe(result, key);
  expect(result.commands.map(({ name }) => name)).toEqual([
    ...(key === '' ? [] : ['add-mask']),
    ...Array(notices).fill('notice'),
    ...(result.exitCode === 0 ? [] : ['error']),
  ]);
  return result;
}

/** The one error of a step that failed: its title and its message. */
export function failureOf(result: StepResult): string {
  expect(result).toMatchObject({ exitCode: 1, signal: null });
  expect(result.annotations).toHaveLength(1);
  const [annotation] = result.annotations;
  expect(annotation).toMatchObject({ level: 'error', properties: { title: expect.stringMatching(/\S/) } });
  // The message says what happened; its last line says what to do.
  expect(annotation?.message.split('\n').length).toBeGreaterThanOrEqual(2);
  return `${annotation?.properties.title}\n${annotation?.message}`;
}

/** The outputs that say something: GitHub does not distinguish an empty output from one that is not set. */
export function outputsOf(result: StepResult): Record<string, string> {
  return Object.fromEntries(Object.entries(result.outputs).filter(([, value]) => value !== ''));
}

/** Each request as `METHOD path body`. */
export function requestsOf({ requests }: Step): string[] {
  return requests.map(({ method, url, body }) => `${method} ${url} ${body}`.trim());
}

/** The PATCH that changes Run `rn_1`, and the GET that reads it back, as `requestsOf` shows them. */
export const patch = (body: object) => `PATCH /v5/evaluations/evr_1/runs/rn_1 ${JSON.stringify(body)}`;
export const readBack = 'GET /v5/evaluations/evr_1/runs';
