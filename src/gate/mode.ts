/** What a gate does with its verdicts. `report` decides as `regression` does, and fails nothing. */
import type { Verdict } from './verdict.ts';

export type GateMode = 'report' | 'regression' | 'strict';

/** Whether one evaluator with this verdict is enough to fail a gate. */
export function failsGate(verdict: Verdict, mode: GateMode): boolean {
  switch (verdict) {
    case 'regressed':
    case 'incomplete':
      return true;
    case 'inconclusive':
      return mode === 'strict';
    case 'no regression':
    case 'improved':
    case 'not gated':
      return false;
  }
}
