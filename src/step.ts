import type { Client } from './humanloop/client.ts';
import type { Report } from './report/report.ts';
import type { Inputs } from './runner/inputs.ts';

/** What becomes known in the course of a step, for its report. */
export type Draft = { -readonly [Part in keyof Report]: Report[Part] } & { warnings: string[]; notes: string[] };

/** What every part of the story works with. */
export interface Step {
  readonly inputs: Inputs;
  readonly client: Client;
  readonly report: Draft;
  /** Ends the step at once, as it has ended the client's requests. */
  readonly signal: AbortSignal;
}

/** Whether the step ends red: something failed, or the gate did and is not only there to report. */
export function hasFailed({ error, gate }: Report): boolean {
  return error !== undefined || (gate?.outcome === 'failed' && gate.mode !== 'report');
}
