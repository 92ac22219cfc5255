/**
 * Keeps docs/troubleshooting.md and the messages in src/ in step. A message is every text in the source that reads like
 * one, however it gets to where people see it: so a new one cannot be missed, and what is no error and no warning has to be
 * named here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseSync } from '@swc/core';
import { parse } from 'yaml';
import { allNodes, parseMarkdown } from './support/markdown.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** They draw, and say what was done and how far it came. */
const drawings = new Set([
  'report/datapoints.ts',
  'report/forest-plot.ts',
  'report/log.ts',
  'report/markdown.ts',
  'report/run-sentence.ts',
  'report/scale.ts',
  'text/numbers.ts',
  'wait/progress-log.ts',
]);
/** Functions with sentences for those who read a whole report. */
const explanations = new Set(['methodOf', 'settling', 'comparedWith', 'sensitivity', 'insensitive']);
/** Texts that are no error and no warning by themselves, as they stand in the source. */
const noTrouble = new Set([
  // Names of verdicts, methods, inputs, permissions and comments.
  'is control',
  'no control',
  'no regression',
  'not gated',
  'unknown host',
  'proxy refusal',
  'proxy unreachable',
  'Logs for … … of Evaluation …',
  'McNemar mid-p, Tango interval',
  'paired t and sign test',
  'sign test',
  'control: true',
  'gate: regression',
  'pull-requests: write',
  'statuses: write',
  '<!-- humanloop-evaluation-run … -->',
  // What GitHub is asked.
  'query { viewer { login } }',
  // Good news, and what happens meanwhile.
  '… stayed at ….…',
  '…: not worse than the … tolerated.…',
  '…: more than chance explains.…',
  'No regression found',
  'better in … by ……, worse in none.',
  'All … were there ….',
  'The gate only reports: as … it would have …….',
  '…waiting for the ….',
  '… of … judgments so far. The link leads to where people judge.',
  'Waiting up to … min for the evaluators of Run …',
  // Parts of a sentence that is known by the rest of it.
  'between … and …',
  'from … to …',
  'and in …',
  'most often',
  'with names',
  'without names',
  'the server',
  'the top level',
  'the share of good answers of',
  // Ends the wait inside of the process; people read of the time that was over.
  'The time of the wait is over.',
]);

/** Stands for what a message fills in. */
const gap = '…';

interface Text {
  /** Relative to src/. */
  readonly file: string;
  /** White space is one space, and `…` stands for what is filled in. */
  readonly text: string;
  /** false for advice (an entry is more of it), for the names of requests, and for what fills in another text. */
  readonly isShown: boolean;
}

type Node = Readonly<Record<string, unknown>>;

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}

function nodesIn(value: unknown): Node[] {
  return isNode(value) ? Object.values(value).filter(isNode) : [];
}

/** The name that a declaration, a property, a parameter or the class behind `new` has. */
function nameOf(node: Node): string {
  for (const part of [node.identifier, node.id, node.key, node.callee, node.pat]) {
    if (isNode(part) && typeof part.value === 'string') return part.value;
  }
  return '';
}

/** By class, the place of the constructor's parameter that takes the advice. */
function placesOfAdvice(node: Node, places = new Map<string, number>()): Map<string, number> {
  if (node.type === 'ClassDeclaration') {
    const { params } = nodesIn(node.body).find(({ type }) => type === 'Constructor') ?? {};
    const place = nodesIn(params).findIndex((parameter) => nameOf(parameter) === 'advice');
    if (place >= 0) places.set(nameOf(node), place);
  }
  for (const child of nodesIn(node)) placesOfAdvice(child, places);
  return places;
}

/** All string and template literals of the modules, which are given by their paths below src/. */
function textsOf(sources: Readonly<Record<string, string>>): Text[] {
  const modules = Object.entries(sources).map(([file, source]) => {
    const { body } = parseSync(source, { syntax: 'typescript', target: 'es2024' });
    return { file, tree: { body } };
  });
  const advicePlaces = new Map(modules.flatMap(({ tree }) => [...placesOfAdvice(tree)]));
  return modules.flatMap(({ file, tree }) => {
    const texts: Text[] = [];
    const advice = new Set<Node>();
    const visit = (node: Node, isShown: boolean): void => {
      if (node.type === 'StringLiteral') texts.push({ file, text: tidy(String(node.value)), isShown });
      if (node.type === 'TemplateLiteral') {
        const pieces = nodesIn(node.quasis).map(({ cooked }) => String(cooked));
        texts.push({ file, text: tidy(pieces.join(gap)), isShown });
        // What fills the gaps belongs to the sentence around them.
        for (const child of nodesIn(node.expressions)) visit(child, false);
        return;
      }
      const name = nameOf(node);
      const argument = nodesIn(node.arguments)[advicePlaces.get(name) ?? -1];
      if (node.type === 'NewExpression' && argument) advice.add(argument);
      const isHidden = advice.has(node) || /advice/i.test(name) || name === 'subject' || explanations.has(name);
      for (const child of nodesIn(node)) visit(child, isShown && !isHidden);
    };
    visit(tree, !drawings.has(file));
    return texts;
  });
}

function tidy(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function wordsIn(text: string): string[] {
  return text.match(/\p{L}{2,}/gu) ?? [];
}

/** Whether it reads like something for people, not like a name, a path or an address. */
function isProse(text: string): boolean {
  return text.includes(' ') && wordsIn(text).length > 1;
}

/**
 * Patterns for a text, the longest first, each with a group for every fixed piece: the whole text, and what ends with one
 * of its sentences, because the last sentences of a message often say what to do.
 */
function patternsFor(text: string): RegExp[] {
  const sentenceEnds = Array.from(text.matchAll(/[.](?= [\p{Lu}…])/gu), ({ index }) => index);
  const beginnings = sentenceEnds.map((end) => text.slice(0, end)).filter((part) => wordsIn(part).length > 1);
  return [...beginnings, text]
    .map((part) => part.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, ''))
    .filter((part) => wordsIn(part).length > 0)
    .toReversed()
    .map((part) => new RegExp(part.split(gap).map(wholeWords).join('.*?'), 'du'));
}

function wholeWords(piece: string): string {
  const before = /^\p{L}/u.test(piece) ? '(?<![\\p{L}\\p{N}])' : '';
  const after = /\p{L}$/u.test(piece) ? '(?![\\p{L}\\p{N}])' : '';
  return `${before}(${RegExp.escape(piece)})${after}`;
}

/** Messages that no entry has. */
function withoutEntry(texts: readonly Text[], entries: readonly string[]): string[] {
  return texts
    .filter(({ text, isShown }) => isShown && isProse(text) && !noTrouble.has(text))
    .filter(({ text }) => !patternsFor(text).some((pattern) => entries.some((entry) => pattern.test(entry))))
    .map(({ file, text }) => `src/${file}: ${text}`);
}

/** Entries with words that no text in the source has. `<…>` stands for what a message fills in. */
function outdated(entries: readonly string[], texts: readonly Text[], names: readonly string[]): string[] {
  const patterns = [...new Set([...texts.map(({ text }) => text), ...names])].flatMap(patternsFor);
  return entries.flatMap((entry) => {
    const letters = entry.split('');
    for (const pattern of [/(<[^<>]+>)/dg, ...patterns]) {
      for (const [start, end] of spansOf(pattern, entry)) letters.fill(' ', start, end);
    }
    const words = wordsIn(letters.join(''));
    return words.length > 0 ? `${entry} (${words.join(' ')})` : [];
  });
}

/** Where the groups of a pattern are in the text: of all matches if it is a global one. */
function spansOf(pattern: RegExp, text: string): [start: number, end: number][] {
  const matches = pattern.global ? Array.from(text.matchAll(pattern)) : [pattern.exec(text)];
  return matches.flatMap((match) => match?.indices?.slice(1) ?? []).filter((span) => span !== undefined);
}

/** The messages in the first column of the tables. */
function entriesOf(markdown: string): string[] {
  const tables = allNodes(parseMarkdown(markdown)).filter((node) => node.type === 'table');
  const cells = tables.flatMap(({ children: rows }) => rows.flatMap(({ children: [first] }) => first ?? []));
  return cells.flatMap(allNodes).flatMap((node) => (node.type === 'inlineCode' ? node.value : []));
}

const sources = Object.fromEntries(
  readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [file.replaceAll('\\', '/'), read(`src/${file}`)]),
);
const texts = textsOf(sources);
const entries = entriesOf(read('docs/troubleshooting.md'));
const action: { inputs: object } = parse(read('action.yml'));
const inputs = Object.keys(action.inputs);

test('every message has an entry', () => {
  expect(withoutEntry(texts, entries)).toEqual([]);
});

test('every entry has a message', () => {
  expect(entries).not.toEqual([]);
  expect(outdated(entries, texts, inputs)).toEqual([]);
});

test('no message has two entries', () => {
  expect(entries).toEqual([...new Set(entries)]);
});

test('what is said to be no trouble is in the source', () => {
  const all = new Set(texts.map(({ text }) => text));
  expect([...noTrouble].filter((text) => !all.has(text))).toEqual([]);
  expect([...drawings].filter((file) => !(file in sources))).toEqual([]);
});

test.each([
  ['an error', 'throw new GateError(`The moon hides Run ${id}.`, "Wait for the sun.");'],
  ['a warning', 'report.warnings.push("The moon hides Run " + id);'],
  ['a problem of an input', 'const problems = [`${name} is behind the moon.`];'],
  ['a table of messages', 'export const titles: Record<Failure, string> = { moon: "Behind the moon" };'],
  ['a message that depends', 'const why = dark ? "is behind the moon" : "is lost";'],
  ['an error class', 'class MoonError extends Error { constructor() { super("It is behind the moon."); } }'],
])('a message without an entry is found: %s', (_, source) => {
  expect(withoutEntry(textsOf({ 'moon.ts': source }), entries).join('\n')).toMatch(/^src\/moon.ts: .*moon/);
});

test.each([
  ['a word of its message changes', 'The moon hides <run-id>.', ['The moon hides <run-id>. (The moon hides)']],
  ['it says more than its message', 'The moon shows <run-id> twice.', ['The moon shows <run-id> twice. (twice)']],
  ['it is right', 'The moon shows <run-id>.', []],
])('whether an entry is out of date is found where %s', (_, entry, expected) => {
  expect(outdated([entry], textsOf({ 'moon.ts': 'throw new Error(`The moon shows ${id}.`);' }), [])).toEqual(expected);
});
