import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { done, type Named, type Recorder, recordEvaluation } from './support/evaluation.ts';
import { serverKey, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let recorder: Recorder;

beforeAll(async () => {
  server = await startTestServer();
  recorder = await recordEvaluation(server, { size: 1 });
});

afterAll(() => server.close());

/** A span as the clients send it: all values are texts. */
const traces = (attributes: Record<string, unknown>) => ({
  resourceSpans: [
    {
      scopeSpans: [
        {
          scope: { name: 'humanloop.sdk.decorator' },
          spans: [
            {
              traceId: 'MDEyMzQ1Njc4OWFiY2RlZg==',
              startTimeUnixNano: '1',
              attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: { stringValue: value } })),
            },
          ],
        },
      ],
    },
  ],
});

async function post(body: unknown, contentType = 'text/plain;charset=UTF-8') {
  const response = await fetch(`${server.baseUrl}/import/otel/v1/traces`, {
    method: 'POST',
    headers: { 'X-API-KEY': serverKey, ...(contentType && { 'Content-Type': contentType }) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: JSON.parse(await response.text()) };
}

const flowSpan = (fields: Record<string, unknown>) => ({
  'humanloop.file.type': 'flow',
  'humanloop.file.path': recorder.flow.path,
  ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [`humanloop.log.${name}`, value])),
});

/** Begins a Log as a decorator does. */
async function begin(): Promise<string> {
  const body = { path: recorder.flow.path, flow: { attributes: {} }, inputs: { a: 1 }, log_status: 'incomplete' };
  return done(await server.call<Named>('POST', '/flows/log', body)).id;
}

const read = async (id: string) => done(await server.call('GET', `/logs/${id}`));

describe('the span of a Flow', () => {
  test.each(['application/json', 'text/plain;charset=UTF-8', 'application/x-www-form-urlencoded'])(
    'completes the Log that was begun, sent as %s',
    async (contentType) => {
      const id = await begin();
      expect(await read(id)).toMatchObject({ log_status: 'incomplete', output: null });
      const span = flowSpan({ id, output: 'Done', log_status: 'complete' });
      expect(await post(traces(span), contentType)).toEqual({ status: 200, body: { records: [id] } });
      expect(await read(id)).toMatchObject({ log_status: 'complete', output: 'Done', inputs: { a: 1 }, error: null });
    },
  );

  test('makes the Log one of the Run that it names, and is harmless if it comes twice', async () => {
    const [run, id] = [await recorder.createRun(), await begin()];
    const span = flowSpan({ id, output: 'Done', run_id: run.id, source_datapoint_id: recorder.datapoints[0]?.id });
    for (const _ of ['once', 'again']) {
      expect(await post(traces(span))).toEqual({ status: 200, body: { records: [id] } });
    }
    const { records } = await recorder.logs(`?run_id=${run.id}`);
    expect(records).toMatchObject([{ datapoint: { id: recorder.datapoints[0]?.id }, log: { id } }]);
    expect(await recorder.statusOf(run)).toBe('running');
    done(await recorder.judge(id, 0, { judgment: true }));
    expect(await recorder.statusOf(run)).toBe('completed');
  });

  test('tells a message of several parts by its dotted names', async () => {
    const id = await begin();
    const span = flowSpan({
      id,
      'output_message.role': 'assistant',
      'output_message.content.0.type': 'text',
      'output_message.content.0.text': 'Hello',
      'inputs.list.1': 'b',
      'inputs.list.0': 'a',
    });
    expect((await post(traces(span))).status).toBe(200);
    expect(await read(id)).toMatchObject({
      output_message: { role: 'assistant', content: [{ type: 'text', text: 'Hello' }] },
      inputs: { list: ['a', 'b'] },
    });
  });

  test('ends the Log even if a field cannot be read', async () => {
    const id = await begin();
    expect((await post(traces(flowSpan({ id, 'output_message.role': 'nobody' })))).status).toBe(200);
    expect(await read(id)).toMatchObject({ log_status: 'complete', error: expect.any(String) });
  });

  test('changes nothing of a Log that is complete', async () => {
    const id = await begin();
    await post(traces(flowSpan({ id, output: 'first' })));
    await post(traces(flowSpan({ id, output: 'second' })));
    expect(await read(id)).toMatchObject({ output: 'first' });
  });
});

describe('what is passed over', () => {
  test.each([
    ['a Log that there is none of', () => traces(flowSpan({ id: 'log_none', output: 'x' }))],
    ['the span of a provider', () => traces({ 'gen_ai.prompt.0.content': 'Hello' })],
    ['a span without attributes', () => ({ resourceSpans: [{ scopeSpans: [{ spans: [{}] }] }] })],
    ['spans of another kind', () => ({ resourceSpans: 'none' })],
    ['no spans', () => ({})],
  ])('is %s: 200 without records', async (_, body) => {
    expect(await post(body())).toEqual({ status: 200, body: { records: [] } });
  });
});

test.each(['', '{', '[]', 'null'])('the body %j is no traces: 422', async (body) => {
  expect(await post(body)).toMatchObject({ status: 422, body: { detail: [{ loc: ['body'] }] } });
});
