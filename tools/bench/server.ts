/**
 * A server on loopback whose answers are prepared before they are asked for, in a process of its own, so that its work and
 * its memory are not those of what is measured. The real server would be measured with the action. Started with `fork`; sends its port
 * when it is ready.
 *
 * Base URL: `http://127.0.0.1:<port>/<latency in milliseconds>/v5`. The id of an Evaluation says how many Logs each of
 * its Runs has, `evr_1000`, and how many Runs of the control's version there are if it is not one, `evr_1000_3`. `GET /seen`
 * says what came since the last time it was asked.
 */
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogPages, createRun, createRuns, createStats, evaluation } from './evaluation.ts';

/** What `GET /seen` answers. */
export interface Seen {
  requests: number;
  /** When the last answer had been handed to the system, in nanoseconds of `process.hrtime.bigint()`. */
  lastAnswer: string;
}

const seen: Seen = { requests: 0, lastAnswer: '0' };
const pages = new Map<string, readonly Buffer[]>();

function pagesOf(logs: number, controls: number): readonly Buffer[] {
  const key = `${logs} ${controls}`;
  const ids = createRuns(controls, logs).map(({ id }) => id);
  const prepared = pages.get(key) ?? createLogPages(ids, logs);
  pages.set(key, prepared);
  return prepared;
}

interface Answer {
  readonly status?: number;
  readonly body: object | Buffer;
}

/** The answer to a request below the base URL. */
function answerTo(method: string, path: string, query: URLSearchParams, body: string): Answer {
  const [, id = '', logs = '0', controls = '1', kind = ''] =
    /^\/evaluations\/(evr_(\d+)(?:_(\d+))?)(?:\/(\w+))?/.exec(path) ?? [];
  const [count, pooled] = [Number(logs), Number(controls)];
  if (method === 'PATCH') return updated(path, body);
  if (kind === 'runs') return { body: { runs: createRuns(pooled, count) } };
  if (kind === 'stats') return { body: createStats(count) };
  if (kind === 'logs') return { body: pagesOf(count, pooled)[Number(query.get('page')) - 1] ?? { records: [] } };
  return { body: { ...evaluation, id } };
}

/** A Run as it was requested to be. One whose id is `rn_<status>` is refused with this status. */
function updated(path: string, body: string): Answer {
  const id = path.slice(path.lastIndexOf('/') + 1);
  const status = Number(id.slice('rn_'.length));
  if (status >= 400) return { status, body: { detail: 'This Run is refused.' } };
  return { body: createRun(id, 100, JSON.parse(body)) };
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? '', 'http://127.0.0.1');
  if (url.pathname === '/seen') {
    response.end(JSON.stringify(seen));
    seen.requests = 0;
    return;
  }
  seen.requests += 1;
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  const [, latency = '0', path = ''] = /^\/(\d+)\/v5(.*)$/.exec(url.pathname) ?? [];
  if (Number(latency) > 0) await sleep(Number(latency));
  const answer = answerTo(request.method ?? '', path, url.searchParams, body);
  const bytes = Buffer.isBuffer(answer.body) ? answer.body : Buffer.from(JSON.stringify(answer.body));
  // Nobody keeps a connection open that is not used between two looks at the stats.
  response.shouldKeepAlive = !path.endsWith('/stats');
  response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', 'content-length': bytes.length });
  response.end(bytes, () => {
    seen.lastAnswer = String(process.hrtime.bigint());
  });
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(address !== null && typeof address === 'object' ? address.port : 0);
});
process.once('disconnect', () => process.exit());
