/** In what the values of an evaluator's row are given. */
import type { Direction } from './evaluator.ts';

/** `share`: scores from 0 to 1, higher is better. `own`: numbers as they were judged, in their own unit and sign. */
export type Unit = 'share' | 'own';

/** @param row or evaluator, with its type as the API names it */
export function unitOf({ type }: { readonly type: string }): Unit {
  return type === 'number' ? 'own' : 'share';
}

/** Whether a rise of the values is for the worse. Scores are turned the right way up; numbers keep their sign. */
export function riseIsWorse(row: { readonly type: string; readonly direction: Direction | null }): boolean {
  return unitOf(row) === 'own' && row.direction === 'lower';
}
