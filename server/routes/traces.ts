import { OpenAPIHono, z } from '@hono/zod-openapi';
import { invalid } from '../errors.ts';
import { type FlowSpan, flowSpan } from '../rules/spans.ts';
import type { Access } from '../store/access.ts';
import type { Key } from '../store/keys.ts';
import { completeLog, findLogIfAny, joinRun } from '../store/logs.ts';
import { findRun } from '../store/runs.ts';
import { FlowLogFields } from '../wire/log.ts';
import { readSpans } from '../wire/traces.ts';
import { requireOpenFor, settleLog } from './arrivals.ts';
import { describeRoute, type Env } from './route.ts';

export const traceRoutes = new OpenAPIHono<Env>();

traceRoutes.openapi(
  describeRoute('post', '/import/otel/v1/traces', {
    action: 'record',
    summary:
      'Completes the Logs of decorated Flows, from OpenTelemetry spans as JSON, whatever the Content-Type. Other spans are passed over.',
    request: {},
    answer: z.object({ records: z.array(z.string()) }),
  }),
  async (c) => {
    const spans = read(await c.req.text());
    const records = await c.var.service.store.write(async (access) => {
      const ids: string[] = [];
      for (const span of spans) if (await take(access, c.var.key, span)) ids.push(span.logId);
      return ids;
    });
    return c.json({ records });
  },
);

function read(json: string): FlowSpan[] {
  try {
    return readSpans(json).flatMap((attributes) => flowSpan(attributes) ?? []);
  } catch {
    throw invalid(['body'], 'OpenTelemetry traces as JSON expected');
  }
}

/** Completes a Log that was begun, and makes it one of the Run that the span names. False if there is no such Log. */
async function take(access: Access, key: Key, { logId, runId, datapointId, fields }: FlowSpan): Promise<boolean> {
  const begun = await findLogIfAny(access, logId);
  if (begun === undefined) return false;
  let log = begun;
  if (log.status === 'incomplete') log = await completeLog(access, log, completed(log.content, fields));
  const run = runId ?? log.run_id;
  if (run === null || (log.run_id === run && begun.status === 'complete')) return true;
  const found = await findRun(access, run);
  if (log.run_id !== run) requireOpenFor(key, found);
  const joined = await joinRun(access, log, found, datapointId ?? log.datapoint_id);
  await settleLog(access, joined.log, joined.run);
  return true;
}

/** A span with a field that cannot be read still ends its Log: clients wait for that. */
function completed(content: string, fields: FlowSpan['fields']): string {
  const begun: object = JSON.parse(content);
  const whole = FlowLogFields.safeParse({ ...begun, ...fields });
  const { output = null, error = null } = fields;
  return JSON.stringify(
    whole.success ? whole.data : { ...begun, output, error: error ?? 'The span could not be read.' },
  );
}
