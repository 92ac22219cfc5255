import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { ConfigurationError } from '../src/errors.ts';
import { readInputs } from '../src/inputs.ts';
import { createInputs } from './support/create-inputs.ts';
import { hostileText } from './support/hostile-text.ts';
import { workflowCommands } from './support/workflow-commands.ts';

const environment = { ...process.env };
beforeEach(() => {
  // The command that masks the key belongs into the log of a step only.
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => {
  process.env = { ...environment };
  jest.restoreAllMocks();
});

/** Reads inputs as the runner passes them on; the problems where they are wrong. */
async function read(inputs: Readonly<Record<string, string>>) {
  const variables = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  process.env = { ...environment, ...Object.fromEntries(variables) };
  try {
    return { inputs: await readInputs(), problems: [] };
  } catch (error) {
    if (error instanceof ConfigurationError) return { inputs: undefined, problems: error.problems };
    throw error;
  }
}

/** What people put into inputs, and what nobody should. */
const value = fc
  .oneof(
    hostileText,
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.double().map(String),
    fc.constantFrom('completed', 'success', 'true', 'FALSE', 'evr_1', '2', 'https://api.example.com/v5', ''),
  )
  // The environment of a process holds no NUL.
  .map((text) => text.replaceAll('\0', ''));
const names = ['evaluation-id', 'run-id', 'status', 'control', 'request-timeout-seconds', 'base-url'] as const;

test('any text in an input is accepted or refused in one inert line that begins with its name', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), value, async (name, text) => {
      const { problems } = await read(createInputs({ [name]: text, control: name === 'control' ? text : 'true' }));
      expect(problems.length).toBeLessThanOrEqual(1);
      for (const problem of problems) {
        expect(problem.startsWith(`${name} `)).toBe(true);
        expect(problem).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
        expect(workflowCommands(problem)).toEqual([]);
        expect(problem.length).toBeLessThan(400);
      }
    }),
    { numRuns: 500 },
  );
});

test('a key in any input by mistake is in no message', async () => {
  const key = fc.string({ unit: fc.constantFrom(...'abcXYZ019_-:./#[]"\\'), minLength: 12, maxLength: 120 });
  await fc.assert(
    fc.asyncProperty(key, fc.constantFrom(...names), value, value, async (secret, name, before, after) => {
      const text = before + secret + after;
      const { problems } = await read(createInputs({ 'api-key': secret, [name]: text }));
      // Not even the half of it that is left where a message is cut.
      for (const problem of problems) expect(problem).not.toContain(secret.slice(0, Math.ceil(secret.length / 2)));
    }),
    { numRuns: 500 },
  );
});

test('ids that are accepted are safe in a path; an address that is accepted keeps the key from the wire', async () => {
  await fc.assert(
    fc.asyncProperty(value, value, async (id, url) => {
      const { inputs } = await read(createInputs({ 'run-id': id, 'base-url': url }));
      if (!inputs) return;
      expect(inputs['run-id']).toBe(encodeURIComponent(inputs['run-id']));
      expect(inputs['run-id']).not.toMatch(/^\.*$/);
      const { protocol, hostname, search, hash, username, password } = new URL(`${inputs['base-url']}/evaluations`);
      expect(search + hash + username + password).toBe('');
      expect(protocol === 'https:' || /^(localhost|127\.|\[::1\]$)/.test(hostname)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
