/** The processes that are measured. */
import { join } from 'node:path';
import { dist } from './bundle.ts';
import type { Candidate } from './measure.ts';

/** Opens nothing. */
const apiKey = 'hl_benchmark_key';

/** This action, as the runner starts it. */
export function step(inputs: Readonly<Record<string, string>>): Candidate {
  const variables = Object.entries({ 'api-key': apiKey, 'run-id': 'rn_1', gate: 'off', ...inputs });
  return {
    args: [join(dist, 'index.js')],
    env: Object.fromEntries(variables.map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
  };
}

/** A step that completes a Run and does nothing else. */
export function update(baseUrl: string, runId = 'rn_1'): Candidate {
  return step({ 'base-url': baseUrl, 'evaluation-id': 'evr_100', 'run-id': runId, status: 'completed' });
}

/** A script from the folder `candidates`. */
export function script(name: string, ...args: string[]): Candidate {
  return {
    args: [join(import.meta.dirname, 'candidates', name), ...args],
    env: { HUMANLOOP_API_KEY: apiKey },
  };
}

/** The same update by one `fetch`. */
export function fetchOnce(baseUrl: string, runId = 'rn_1'): Candidate {
  return script('fetch-once.mjs', baseUrl, runId);
}

/** The same update by the command of Humanloop's page of the API, as it stands there but for what is filled in. */
export function curl(baseUrl: string): Candidate {
  const command = ['curl', '-X', 'PATCH', `${baseUrl}/evaluations/evr_100/runs/rn_1`];
  const headers = ['-H', `X-API-KEY: ${apiKey}`, '-H', 'Content-Type: application/json'];
  return { command: true, args: [...command, ...headers, '-d', '{"status":"completed"}'] };
}
