/** In a process that a test starts: leaves behind how often it reached each mutant. */
const { writeFileSync } = require('node:fs');

process.once('exit', () => {
  writeFileSync(process.env.MUTATION_REPORT, JSON.stringify(globalThis.__stryker__?.mutantCoverage?.static ?? {}));
});
