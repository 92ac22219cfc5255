/**
 * Loaded before the tests: gives them Mocha for Jest, and lets the processes that they start take part. Such a process runs
 * the bundle of the mutated source; it gets to know which mutant is switched on, and reports which ones it has reached.
 */
import childProcess from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { registerHooks, syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== '@jest/globals') return next(specifier, context);
    const { href } = new URL(`jest-globals.js?file=${context.parentURL}`, import.meta.url);
    return { url: href, format: 'module', shortCircuit: true };
  },
});

// All modules are loaded before the tests. A test that loaded one would count for what happens only then, once in a worker.
const source = join(import.meta.dirname, '../../src');
for (const name of globSync('**/*.ts', { cwd: source })) if (name !== 'index.ts') await import(join(source, name));

const { spawn } = childProcess;
const probe = join(import.meta.dirname, 'probe.cjs');

/** Stryker's own record of what is switched on and what is reached. */
const stryker = () => globalThis.__stryker__ ?? {};

/** By test: what its processes have reached, and how often. */
const reachedByProcesses = new Map();

childProcess.spawn = (command, args, options) => {
  const { activeMutant, currentTestId } = stryker();
  if (activeMutant !== undefined) {
    return spawn(command, args, { ...options, env: { ...options?.env, __STRYKER_ACTIVE_MUTANT__: activeMutant } });
  }
  if (currentTestId === undefined) return spawn(command, args, options);
  const folder = mkdtempSync(join(tmpdir(), 'mutation-'));
  const report = join(folder, 'reached.json');
  const child = spawn(command, ['--require', probe, ...args], {
    ...options,
    env: { ...options?.env, MUTATION_REPORT: report },
  });
  child.once('exit', () => {
    // A process that was killed leaves nothing behind.
    const reached = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
    reachedByProcesses.set(currentTestId, { ...reachedByProcesses.get(currentTestId), ...reached });
    rmSync(folder, { recursive: true });
  });
  return child;
};
syncBuiltinESMExports();

/**
 * Of tests with processes, which take a quarter of a second each, a mutant is shown to so many at most. What survives them can be
 * shown to more: `MUTATION_TESTS=1000 npm run mutation -- --mutate src/main.ts:30-40`.
 */
const mostSlowTests = Math.max(2, Number(process.env.MUTATION_TESTS ?? 12));

/** As many as that, spread over all of them. */
function spread(items, most) {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, at) => items[Math.round((at * (items.length - 1)) / (most - 1))]);
}

export const mochaHooks = {
  /**
   * Processes are slow, so they are asked only about mutants that no test reaches without them. And a mutant that a test
   * reaches need not be there from the start, which would take a new worker for each.
   */
  afterAll() {
    const { perTest, static: fromStart } = stryker().mutantCoverage ?? { perTest: {}, static: {} };
    const reached = new Set(Object.values(perTest).flatMap(Object.keys));
    // From those that reach little, and so are about it, to those that reach a lot.
    const slowTests = [...reachedByProcesses].toSorted(([, a], [, b]) => Object.keys(a).length - Object.keys(b).length);
    const testsByMutant = new Map();
    for (const [test, counts] of slowTests) {
      for (const mutant of Object.keys(counts).filter((each) => !reached.has(each))) {
        testsByMutant.set(mutant, [...(testsByMutant.get(mutant) ?? []), test]);
      }
    }
    for (const [mutant, tests] of testsByMutant) {
      for (const test of spread(tests, mostSlowTests)) perTest[test] = { ...perTest[test], [mutant]: 1 };
    }
    for (const mutant of Object.values(perTest).flatMap(Object.keys)) delete fromStart[mutant];
  },
};
