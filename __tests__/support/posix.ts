import { describe } from '@jest/globals';

/** Groups tests that send signals which a process can answer. Windows has none: there, `kill` ends it at once. */
export function describeOnPosix(name: string, tests: () => void): void {
  if (process.platform !== 'win32') describe(name, tests);
}
