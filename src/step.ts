import type { GateMode } from './gate/mode.ts';
import type { Client } from './humanloop/client.ts';
import type { Report } from './report/report.ts';
import type { Inputs } from './runner/inputs.ts';

/** What becomes known in the course of a step, for its report. A room writes its own part, and adds warnings and notes. */
export type Draft = { -readonly [Part in keyof Report]: Report[Part] } & { warnings: string[]; notes: string[] };

/** What every part of the story works with. */
export interface Step {
  readonly inputs: Inputs;
  readonly client: Client;
  readonly report: Draft;
  /** Ends the step at once, as it has ended the client's requests. */
  readonly signal: AbortSignal;
}

/** A step with a gate. */
export interface GatedStep extends Step {
  readonly inputs: Inputs & { readonly gate: GateMode };
}

export function isGated(step: Step): step is GatedStep {
  return step.inputs.gate !== 'off';
}
