import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { serveRun } from '../support/create-run.ts';
import {
  badChunking,
  closeBeforeAnswer,
  corruptGzip,
  endlessBody,
  garbageStatusLine,
  gzipBomb,
  hang,
  slowDrip,
  truncatedBody,
} from '../support/faults.ts';
import type { Answer, Fault } from '../support/http-server.ts';
import { peakMeter, peakOf } from '../support/peak-memory.ts';
import { failureOf, outputsOf, patch, readBack, requestsOf, runStep } from '../support/step.ts';

const completed = patch({ status: 'completed' });
const faults: [title: string, fault: Fault][] = [
  ['a connection closed before the answer', closeBeforeAnswer],
  ['another protocol', garbageStatusLine],
  ['a truncated body', truncatedBody],
  ['bad chunking', badChunking],
];
/** Headers of an error with a body that stops after one byte. */
const errorThatHangs =
  (status: number): Fault =>
  (socket) => {
    socket.write(`HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{`);
  };

describe('once', () => {
  test.concurrent.each(faults)('%s is tried again, and the log says so', async (_, fault) => {
    const obey = serveRun();
    let count = 0;
    const step = await runStep((request) => {
      count += 1;
      return count === 1 ? fault : obey(request);
    });
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step)).toEqual([completed, completed]);
    expect(outputsOf(step)).toMatchObject({ status: 'completed', updated: 'true' });
    expect(step.log.filter((line) => /PATCH.*connection broke off.*again/.test(line))).toHaveLength(1);
  });
});

describe('always', () => {
  const inputs = { 'request-timeout-seconds': '1' };

  test.concurrent.each([
    ['a connection closed before the answer', closeBeforeAnswer],
    ['a truncated body', truncatedBody],
  ])('%s ends when the time is up', async (_, fault) => {
    const step = await runStep([fault], { inputs });
    expect(failureOf(step)).toMatch(/connection broke off.*PATCH.*rn_1.*again/s);
    expect(requestsOf(step)).toEqual(expect.arrayContaining([completed, readBack]));
    expect(step.durationMs).toBeLessThan(8_000);
  });

  test.concurrent.each([
    ['no answer at all', hang],
    ['a body that drips', slowDrip(50)],
  ])('%s is cut off when the time is up', async (_, fault) => {
    const step = await runStep([fault], { inputs });
    expect(failureOf(step)).toMatch(/in time.*PATCH.*rn_1.*1\.0 s.*request-timeout-seconds/s);
    expect(requestsOf(step)).toEqual([completed, readBack]);
    expect(step.durationMs).toBeLessThan(8_000);
  });
});

test.concurrent('damaged gzip is an error at once: the answer came, and cannot be read', async () => {
  const step = await runStep([corruptGzip]);
  expect(failureOf(step)).toMatch(/rn_1.*gzip/);
  expect(requestsOf(step)).toEqual([completed, readBack]);
});

describe('an error whose body never ends', () => {
  test.concurrent.each([
    [401, [completed]],
    [422, [completed, readBack]],
  ])('is reported as HTTP %i without it', async (status, requests) => {
    const step = await runStep([errorThatHangs(status)], { inputs: { 'request-timeout-seconds': '60' } });
    expect(failureOf(step)).toContain(`HTTP ${status}`);
    expect(requestsOf(step)).toEqual(requests);
    expect(step.durationMs).toBeLessThan(12_000);
  });

  test.concurrent('does not hold up a retry', async () => {
    const obey = serveRun();
    let count = 0;
    const step = await runStep((request) => {
      count += 1;
      return count === 1 ? errorThatHangs(503) : obey(request);
    });
    expect(step.exitCode).toBe(0);
    expect(requestsOf(step)).toEqual([completed, completed]);
  });

  test.concurrent('does not hold up the end after a redirect', async () => {
    const step = await runStep([errorThatHangs(302)], { inputs: { 'request-timeout-seconds': '60' } });
    expect(failureOf(step)).toContain('redirect');
    expect(step.durationMs).toBeLessThan(8_000);
  });
});

describe('a body that is too large', () => {
  const env = peakMeter;
  const usual = runStep(serveRun(), { env }).then(peakOf);

  test.concurrent.each([
    ['an endless body', endlessBody],
    ['a gzip bomb', gzipBomb()],
    ['JSON that is too long', { json: { id: 'x'.repeat(9_000_000) } }],
  ])('%s is given up after a few megabytes', async (_, answer: Fault | Answer) => {
    const step = await runStep([answer], { env, inputs: { 'request-timeout-seconds': '30' } });
    expect(failureOf(step)).toMatch(/rn_1.*too large.*8 MiB/);
    expect(requestsOf(step)).toEqual([completed, readBack]);
    // Two answers of 8 MiB, and what has not been collected yet, which is more on a busy machine.
    expect(peakOf(step) - (await usual)).toBeLessThan(150 * 2 ** 20);
  });

  test.concurrent('in a refusal, costs its reason only', async () => {
    const bomb = gzipSync(JSON.stringify({ detail: ' '.repeat(32 * 2 ** 20) }));
    const step = await runStep([{ status: 422, headers: { 'content-encoding': 'gzip' }, body: bomb }], { env });
    expect(failureOf(step)).toContain('HTTP 422');
    expect(requestsOf(step)).toEqual([completed, readBack]);
    // Two answers of 8 MiB, and what has not been collected yet, which is more on a busy machine.
    expect(peakOf(step) - (await usual)).toBeLessThan(150 * 2 ** 20);
  });
});
