/**
 * `npm run mutation`: changes the source in thousands of small ways and says which changes no test notices. Not in CI.
 * `npm run mutation -- --mutate 'src/gate/*.ts'` looks at one folder.
 *
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
export default {
  mutate: ['src/**/*.ts'],
  // Jest would load every module anew for each of the mutants, which takes seconds. Mocha keeps them and runs the same tests.
  testRunner: 'mocha',
  mochaOptions: {
    require: ['./tools/mutation/register.js'],
    // What needs no process comes first.
    spec: ['{text,gate,humanloop,report,runner,wait,compare,github}/**', '.', 'dist'].map(
      (folder) => `__tests__/${folder}/*.test.ts`,
    ),
    ignore: [
      // They test no source, that of the scripts, or how large the bundle is.
      '__tests__/{action-types,budgets,comparison-schema,docs,release,rooms,supply-chain,troubleshooting,workflows}.test.ts',
      '__tests__/gate/simulate.test.ts',
      // It needs modules that are loaded anew.
      '__tests__/github/github.test.ts',
      // Long pauses, for what the tests of the client show without a process.
      '__tests__/dist/{http,wire}-faults.test.ts',
    ],
  },
  coverageAnalysis: 'perTest',
  // A mutant in what a module does while it is loaded is noticed by the processes alone.
  ignoreStatic: true,
  // The tests in __tests__/dist run a bundle of the mutated source.
  buildCommand: 'node tools/mutation/build.js',
  dryRunTimeoutMinutes: 15,
  // Most tests wait for processes and sockets, which leaves processors idle.
  concurrency: 5,
  // All of them together are slower than the first run. A test that hangs ends by itself; what takes longer than this is a loop.
  timeoutMS: 20_000,
  timeoutFactor: 4,
  // TypeScript 7 has no API for what Stryker would do with tsconfig.json. Its paths are right in the sandbox as they are.
  tsconfigFile: 'none',
  tempDirName: 'build/stryker',
  symlinkNodeModules: false,
  ignorePatterns: ['/build', 'tools/mutation/node_modules'],
  reporters: ['clear-text', 'html', 'json', 'progress-append-only'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  htmlReporter: { fileName: 'build/mutation.html' },
  jsonReporter: { fileName: 'build/mutation.json' },
};
