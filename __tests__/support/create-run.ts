import type { Answer, RecordedRequest } from './http-server.ts';

/** A Run as the API sends it. */
export interface WireRun {
  readonly id: unknown;
  readonly status: unknown;
  readonly control: unknown;
  readonly [field: string]: unknown;
}

/** What a Run says about people and prompts, and what must therefore not get out. */
export const privateTexts = ['ada@example.com', 'Ada Example', 'You are a patient clerk', 'def refund', 'sk-provider'];

/** A running Run with all that the API may send along: whole prompts, tools and the person who created it. */
export function createRun(overrides: Readonly<Record<string, unknown>> = {}): WireRun {
  return {
    id: 'rn_1',
    status: 'running',
    control: false,
    orchestrated: false,
    added_at: '2025-01-02T03:04:05.678901+00:00',
    created_at: '2025-01-02T03:04:05Z',
    created_by: { id: 'usr_1', email_address: 'ada@example.com', full_name: 'Ada Example' },
    dataset: {
      id: 'ds_1',
      version_id: 'dsv_1',
      path: 'Support/Questions',
      name: 'Questions',
      datapoints_count: 40,
      created_by: { email_address: 'ada@example.com' },
    },
    version: {
      type: 'prompt',
      id: 'pr_1',
      version_id: 'prv_1',
      path: 'Support/Answer',
      name: 'Answer',
      model: 'gpt-4o',
      template: [{ role: 'system', content: 'You are a patient clerk.' }],
      tools: [{ name: 'refund', source_code: 'def refund(order): ...' }],
      setup_values: { token: 'sk-provider' },
    },
    ...overrides,
  };
}

/** A server with one Run: a PATCH changes it and answers with it, a GET lists it. */
export function serveRun(run: WireRun = createRun()): (request: RecordedRequest) => Answer {
  let current = run;
  return ({ method, body }) => {
    if (method === 'GET') return { json: { runs: [current] } };
    current = { ...current, ...JSON.parse(body) };
    return { json: current };
  };
}
