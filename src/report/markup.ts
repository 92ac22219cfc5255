import type { Verdict } from '../gate/verdict.ts';

/** How a way of writing sets the parts of a sentence. Only `strong` and `link` take words that are inert already. */
export interface Markup {
  /** A name or an id. */
  name(text: string): string;
  /** Words of our own that stand out. */
  strong(words: string): string;
  /** A sentence from elsewhere. */
  prose(text: string): string;
  link(words: string, address: string | undefined): string;
  readonly symbols: Readonly<Record<SymbolName, string>>;
}

type SymbolName = Verdict | 'warning' | 'done' | 'failed' | 'skipped' | 'waiting' | 'information';
