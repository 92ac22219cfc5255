/**
 * What the tests import from `@jest/globals`, played on Mocha. Jest loads every module anew for each run; Mocha keeps them,
 * so that a mutant that is switched on in them costs only the tests that reach it.
 */
import { createRequire } from 'node:module';
import { expect } from 'expect';
import { bind } from 'jest-each';
import { ModuleMocker } from 'jest-mock';

// The copy of Mocha that Stryker runs, whose folder is not above the sandbox.
const { Suite, Test, describe: describeAtRoot } = createRequire(process.argv[1])('mocha');

export { expect };
export const jest = new ModuleMocker(globalThis);

// A file's own hooks are for its own tests. This module is loaded once for each file, which is named in its query.
const file = new URL(import.meta.url).searchParams.get('file');
const top = describeAtRoot(file, () => {});
let current = file.endsWith('.test.ts') ? top : top.parent;

export function describe(title, define) {
  const outer = current;
  current = Suite.create(outer, title);
  define();
  current = outer;
}
describe.each = bind(describe);

/** Milliseconds. A test that a mutant lets hang fails then, long before Stryker would give the whole mutant up. */
const longestTest = 15_000;

export function test(title, run, timeout = longestTest) {
  const added = new Test(title, () => run());
  added.timeout(timeout);
  added.file = file;
  current.addTest(added);
}
test.each = bind(test);
test.concurrent = test;

export const beforeAll = (run) => current.beforeAll(() => run());
export const beforeEach = (run) => current.beforeEach(() => run());
export const afterEach = (run) => current.afterEach(() => run());
export const afterAll = (run) => current.afterAll(() => run());
