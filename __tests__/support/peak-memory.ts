import type { StepResult } from './runner/runner.ts';

/**
 * Environment of a step that writes the peak of its resident set, in bytes, into a file of RUNNER_TEMP. A thread of its own looks
 * at it, because parsing keeps the others busy; the kernel's own peak would count the parent's.
 */
export const peakMeter = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(
    `import { writeFileSync } from 'node:fs';
     import { isMainThread, Worker } from 'node:worker_threads';
     if (isMainThread) {
       const peak = new Float64Array(new SharedArrayBuffer(8));
       const look = () => { peak[0] = Math.max(peak[0], process.memoryUsage.rss()); };
       const code = 'const { workerData } = require("node:worker_threads"); setInterval(() => { workerData[0] = Math.max(workerData[0], process.memoryUsage.rss()); }, 5)';
       new Worker(code, { eval: true, workerData: peak, execArgv: [], env: {} }).unref();
       process.on('exit', () => { look(); writeFileSync(process.env.RUNNER_TEMP + '/peak', String(peak[0])); });
     }`,
  )}`,
};

/** The most memory that such a step took, in bytes. */
export function peakOf({ files }: StepResult): number {
  return Number(files.peak);
}
