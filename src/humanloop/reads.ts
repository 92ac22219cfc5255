/** The requests that only read. A plain update does not need them. */
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod/mini';
import { plain } from '../text/escape.ts';
import { Unusable } from './answer.ts';
import type { Call } from './call.ts';
import { type LogTexts, textsOf } from './logs/texts.ts';
import type { Run } from './run.ts';
import {
  type Evaluation,
  evaluationSchema,
  type Log,
  type LogPageCounts,
  logPageSchema,
  type Runs,
  runsSchema,
  type Stats,
  siftEvaluation,
  siftLogPage,
  siftRuns,
  siftStats,
  statsSchema,
} from './schemas.ts';

/** Runs, evaluators and Logs carry whole prompts, and their number grows: 64 MiB. */
const limit = 64 * 2 ** 20;

export function evaluationOf(evaluationId: string): Call<Evaluation> {
  return {
    method: 'GET',
    path: pathOf(evaluationId),
    subject: `Evaluation ${evaluationId}`,
    schema: z.pipe(
      evaluationSchema,
      z.transform((evaluation) => {
        if (evaluation.id === evaluationId) return evaluation;
        throw new Unusable(`is about another Evaluation (${plain(evaluation.id, 60)})`);
      }),
    ),
    sift: siftEvaluation,
    limit,
  };
}

export function runsOf(evaluationId: string): Call<Runs> {
  return {
    method: 'GET',
    path: `${pathOf(evaluationId)}/runs`,
    subject: `Runs of Evaluation ${evaluationId}`,
    schema: z.pipe(
      runsSchema,
      z.transform(({ runs }) => ({ runs: eachOnce(runs) })),
    ),
    sift: siftRuns,
    limit,
  };
}

/** @throws {Unusable} if a Run is there twice with different members: nothing says which of them is right */
function eachOnce(runs: readonly Run[]): Run[] {
  const byId = new Map<string, Run>();
  for (const run of runs) {
    const known = byId.get(run.id);
    if (known && !isDeepStrictEqual(known, run))
      throw new Unusable(`has Run ${plain(run.id, 60)} twice, with different contents`);
    byId.set(run.id, run);
  }
  return [...byId.values()];
}

export function statsOf(evaluationId: string): Call<Stats> {
  return {
    method: 'GET',
    path: `${pathOf(evaluationId)}/stats`,
    subject: `stats of Evaluation ${evaluationId}`,
    schema: statsSchema,
    sift: siftStats,
    limit,
  };
}

export function logsOf(
  evaluationId: string,
  runIds: readonly string[],
  page: number,
  size: number,
  onRecords: (records: readonly Log[]) => void,
): Call<LogPageCounts> {
  const runs = runIds.map((runId) => `&run_id=${encodeURIComponent(runId)}`).join('');
  return {
    method: 'GET',
    path: `${pathOf(evaluationId)}/logs`,
    query: `?page=${page}&size=${size}${runs}`,
    subject: `page ${page} of the Logs of Evaluation ${evaluationId}`,
    schema: z.pipe(
      logPageSchema,
      z.transform(({ records, ...counts }) => {
        if (counts.page !== page) throw new Unusable(`is page ${counts.page}, and page ${page} was requested`);
        onRecords(records);
        return counts;
      }),
    ),
    sift: siftLogPage,
    limit,
  };
}

/** The same without sifting: the records have members that their type does not name. Pages of 8 MiB, which are parsed whole. */
export function logsWithTextsOf(...asked: Parameters<typeof logsOf>): Call<LogPageCounts> {
  const { sift: _, limit: __, ...call } = logsOf(...asked);
  return call;
}

export function logTextsOf(logId: string): Call<LogTexts> {
  return {
    method: 'GET',
    path: `/logs/${encodeURIComponent(logId)}`,
    subject: `Log ${plain(logId, 60)}`,
    schema: z.transform((value: unknown) => {
      const texts = textsOf(value);
      if (texts?.id !== logId) throw new Unusable('is not about this Log');
      return texts;
    }),
  };
}

function pathOf(evaluationId: string): string {
  return `/evaluations/${encodeURIComponent(evaluationId)}`;
}
