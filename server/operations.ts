/** What those who run a server look at: whether it works, and what it was asked. */

import { Hono, type MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { ApiError } from './errors.ts';
import type { Env } from './routes/route.ts';
import { isMigrated } from './store/migrations.ts';

/** Asked without a key, and answered also while requests are refused. */
export const healthRoutes = new Hono<Env>();

/** The process answers. */
healthRoutes.get('/healthz', (c) => c.json({ status: 'ok' }));

/** Its database does too, and is of this version. */
healthRoutes.get('/readyz', async (c) => {
  if (await c.var.service.store.read(isMigrated)) return c.json({ status: 'ok' });
  throw new ApiError(503, 'Another version of this server has written the database. Use that version.');
});

/** A line of JSON for each request, without anything that the client made up but the id: no key, no text, no path. */
export function requestLines(write: (line: string) => void): MiddlewareHandler<Env> {
  return async (c, next) => {
    const began = performance.now();
    await next();
    write(
      JSON.stringify({
        time: new Date().toISOString(),
        id: c.var.requestId,
        method: c.req.method,
        route: matchedRoutes(c).findLast(({ method }) => method !== 'ALL')?.path ?? null,
        status: c.res.status,
        ms: Math.round(performance.now() - began),
        key: c.var.key?.id ?? null,
      }),
    );
  };
}

/** Refuses what is more than the server can have under way: without a bound, what waits would take all memory. */
export function limitUnderWay(max: number): MiddlewareHandler {
  let underWay = 0;
  return async (_, next) => {
    if (underWay >= max) throw new ApiError(503, `The server has ${max} requests under way. Repeat this one later.`);
    underWay += 1;
    try {
      await next();
    } finally {
      underWay -= 1;
    }
  };
}
