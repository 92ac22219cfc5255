/**
 * Makes text inert. Names, reasons and messages come from servers and may hold anything: line breaks, workflow commands,
 * escape sequences, bidirectional controls, HTML, Markdown, mentions, references and links.
 */

/**
 * Control, format, surrogate, private and unassigned characters, line breaks, and others that show nothing; but for the selector
 * that makes an emoji of a symbol, which shows. With one of them, a name looks like another one.
 */
const unprintable =
  /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800](?<!(?!\p{Emoji_Presentation})\p{Extended_Pictographic}\uFE0F)/gu;

/**
 * One line for a log or a message: no line breaks, nothing invisible, and no workflow command wherever it stands in a
 * line. (The runner reads `::command::` at the start of a line and `##[command]` anywhere in it.)
 */
export function plain(text: string, maxLength = 200): string {
  const inert = visible(beginning(text, maxLength))
    .replace(/:(?=:|$)/g, ': ')
    .replaceAll('##[', '## [');
  return cut(inert, maxLength);
}

/** A name, a path or an input as messages show it: cleaned, cut and in quotation marks. */
export function quote(text: string, maxLength = 100): string {
  return `"${plain(text, maxLength)}"`;
}

/**
 * A name or an id for Markdown, as inline code: the one place where GitHub looks for neither mentions, references,
 * links, emoji nor HTML. Fits a paragraph, a list, a table cell and the text of a link. Never empty.
 */
export function code(text: string, maxLength = 80): string {
  return `\`${fenced(text, maxLength) || '(empty)'}\``;
}

/** A line, or a part of one, for the inside of a code fence or of inline code: cannot end either, nor a table cell. */
export function fenced(text: string, maxLength = 80): string {
  return cut(visible(beginning(text, maxLength)), maxLength)
    .replaceAll('`', 'ˋ')
    .replaceAll('|', '∣')
    .replaceAll('$', '﹩');
}

/** Of a text that somebody wants to read: enough to see what it is about. */
const maxQuotation = 500;
/** Characters of a line: a code block does not break lines by itself. */
const maxQuotedLine = 76;

/**
 * A longer text as a code block, cut to 500 characters, with its lines, the long ones broken between words. Nothing in it can end the
 * block.
 */
export function quotation(text: string): string {
  const lines = cut(text, maxQuotation)
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .flatMap((line) => broken(printable(line.replaceAll('\t', '  ')).trimEnd().replaceAll('`', 'ˋ')));
  return ['```text', ...(lines.join('') === '' ? ['(empty)'] : lines), '```'].join('\n');
}

/** A line in pieces that are no longer than a line of a quotation. */
function broken(line: string): string[] {
  const pieces: string[] = [];
  let rest = Array.from(line);
  while (rest.length > maxQuotedLine) {
    const space = rest.lastIndexOf(' ', maxQuotedLine);
    const end = space > maxQuotedLine / 2 ? space : maxQuotedLine;
    pieces.push(rest.slice(0, end).join('').trimEnd());
    rest = rest.slice(rest[end] === ' ' ? end + 1 : end);
  }
  return [...pieces, rest.join('')];
}

/** A link to an https page, or the label alone if the address is not one. The label is Markdown already. */
export function link(label: string, address: string | undefined): string {
  const url = address ? URL.parse(address) : null;
  if (url?.protocol !== 'https:') return label;
  const destination = url.href.replace(/[\\|`<>\s]/g, encodeURIComponent);
  return `[${label}](<${destination}>)`;
}

/** On one line, with U+FFFD for what would show nothing. */
function visible(text: string): string {
  return printable(text.replace(/\s+/g, ' ').trim());
}

/** With U+FFFD for each character that shows nothing or breaks the line, and otherwise as it is. */
export function printable(text: string): string {
  return text.replace(unprintable, '\uFFFD');
}

/** As much of a text as can matter if only so many characters are shown, and a sign that there is more. */
function beginning(text: string, maxLength: number): string {
  const enough = 10 * maxLength + 1_000;
  return text.length > enough ? `${text.slice(0, enough)}…` : text;
}

/** Cuts by code points, so that no character is split. */
function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const points = Array.from(text);
  return points.length <= maxLength ? text : `${points.slice(0, maxLength - 1).join('')}…`;
}

/**
 * A sentence for Markdown: plain words stay words, and whatever GitHub might read as something else becomes inline code,
 * and so does what stands between backticks. Fits wherever `code` does, the start of a line included.
 */
export function prose(text: string, maxLength = 1000): string {
  const parts = cut(visible(beginning(text, maxLength)), maxLength).split(/`([^`]+)`/);
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
