/** Makes sentences inert, as escape.ts does with names, and leaves them readable. */
import { code, cut, visible } from './escape.ts';

/**
 * A sentence for Markdown: plain words stay words, and whatever GitHub might read as something else becomes inline code,
 * and so does what stands between backticks. Fits wherever `code` does, the start of a line included.
 */
export function prose(text: string, maxLength = 1000): string {
  const parts = cut(visible(text), maxLength).split(/`([^`]+)`/);
  const pieces = parts.flatMap((part, index) =>
    index % 2 === 1 ? [code(part, maxLength)] : part.split(/( )/).map((word, at) => proseWord(word, index + at === 0)),
  );
  return pieces.join('').replaceAll('` `', ' ').replaceAll('``', '` `');
}

/** Harmless punctuation before and behind a word, and what it encloses. */
const enclosedWord = /^(["'“‘(]*)(.*?)(["'”’)]*[.,;:!?…]*)$/u;
/** Letters, perhaps hyphenated; a short number; a dash. Not letters that could be a commit id, nor what begins a link. */
const harmlessWord = /^(?!.*\b(?:[a-f]{7,}\b|www$))\p{L}+(?:[-’']\p{L}+)*$|^\d{1,6}(?:\.\d{1,6})?$|^[–—%]?$/iu;

function proseWord(word: string, first: boolean): string {
  if (word === ' ') return word;
  const [, before = '', inner = word, behind = ''] = enclosedWord.exec(word) ?? [];
  const beginsList = first && /^\d+[.)]/.test(word);
  return harmlessWord.test(inner) && !beginsList ? word : `${before}${code(inner, word.length)}${behind}`;
}
