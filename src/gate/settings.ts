/** What may be set of a gate, in the words of workflows: the action reads inputs by it, the pages of the server an address. */
import { type MaxDrop, parseMaxDrop } from './max-drop.ts';

/** What a text may be. */
export interface Rule<T> {
  /** Undefined for a text that is not allowed. */
  readonly read: (text: string) => T | undefined;
  /** What is allowed, to follow the words "Allowed are". */
  readonly allowed: string;
}

/** A decimal number between two bounds, which belong to it unless they are said to be open. */
export function decimal(least: number, most: number, bounds: 'closed' | 'open' = 'closed'): Rule<number> {
  return {
    read(text) {
      const value = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
      const inside = bounds === 'open' ? value > least && value < most : value >= least && value <= most;
      return inside ? value : undefined;
    },
    allowed: `decimal numbers ${bounds === 'open' ? `between ${least} and ${most}` : `from ${least} to ${most}`}`,
  };
}

/** A whole number between two bounds, which belong to it. */
export function integer(least: number, most: number): Rule<number> {
  return {
    read(text) {
      const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
      return value >= least && value <= most ? value : undefined;
    },
    allowed: `whole numbers from ${least} to ${most}`,
  };
}

const maxDrop: Rule<MaxDrop> = {
  read(text) {
    const read = parseMaxDrop(text);
    return read && ('percent' in read ? read.percent <= 100 : read.amount <= 1) ? read : undefined;
  },
  allowed: 'a share of the score’s range from 0 to 1, such as 0.02, and a percentage such as 5%',
};

/** By the names of the inputs. */
export const gateRules = {
  'max-drop': maxDrop,
  'max-missing': decimal(0, 1),
  confidence: decimal(0.5, 1, 'open'),
  'control-runs': integer(1, 10),
  'own-runs': integer(1, 10),
} as const;

export type GateInput = keyof typeof gateRules;
