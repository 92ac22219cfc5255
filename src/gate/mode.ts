/** What a gate does with its verdicts. `report` decides as `regression` does, and fails nothing. */
import type { Verdict } from './verdict.ts';

export type GateMode = 'report' | 'regression' | 'strict';

/** What a mode asks for beyond missing results and regressions, which fail in each. */
interface Strictness {
  /** Whether a gate passes only what is shown to be no worse: then too little data fails, and so does having no control. */
  readonly wantsProof: boolean;
  /** Whether datapoints that the Run lost count with the worst score there is. */
  readonly countsLost: boolean;
}

const strictness: Readonly<Record<GateMode, Strictness>> = {
  report: { wantsProof: false, countsLost: false },
  regression: { wantsProof: false, countsLost: false },
  strict: { wantsProof: true, countsLost: true },
};

/** Whether one evaluator with this verdict is enough to fail a gate. */
export function failsGate(verdict: Verdict, mode: GateMode): boolean {
  switch (verdict) {
    case 'regressed':
    case 'incomplete':
      return true;
    case 'inconclusive':
      return strictness[mode].wantsProof;
    case 'no regression':
    case 'improved':
    case 'not gated':
      return false;
  }
}

/** Whether a gate fails if there is no control to compare with. */
export function failsWithoutControl(mode: GateMode): boolean {
  return strictness[mode].wantsProof;
}

/** Whether datapoints that the Run lost count with the worst score, if there is one. */
export function countsLost(mode: GateMode): boolean {
  return strictness[mode].countsLost;
}
