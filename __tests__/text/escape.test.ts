import { describe, expect, test } from '@jest/globals';
import { code, link, plain, prose, quotation } from '../../src/text/escape.ts';
import { hostileSnippets } from '../support/hostile-text.ts';
import { allNodes, live, parseMarkdown } from '../support/markdown.ts';
import { workflowCommands } from '../support/workflow-commands.ts';

/** Every place in a report where text from elsewhere stands. */
const places: Record<string, (text: string) => string> = {
  paragraph: (text) => text,
  'inside a paragraph': (text) => `Run ${text} of ${text} (${text}), ${text}.`,
  'list item': (text) => `- ${text}\n- ${text}`,
  'table cell': (text) => `| a | b |\n| :-- | --: |\n| ${text} | ${text} |`,
  'emphasized words': (text) => `**${text}** – ${text}`,
};

/** Nodes that our own Markdown is made of. */
const own = new Set([
  'root',
  'paragraph',
  'text',
  'inlineCode',
  'list',
  'listItem',
  'table',
  'tableRow',
  'tableCell',
  'strong',
]);

function expectInert(markdown: string): void {
  const nodes = parseMarkdown(markdown).children.flatMap(allNodes);
  expect(nodes.map(({ type }) => type).filter((type) => !own.has(type))).toEqual([]);
  const text = nodes.map((node) => (node.type === 'text' ? node.value : '')).join(' ');
  expect(live(text)).toEqual([]);
}

describe('plain', () => {
  test('every way we know to make a command fails, at the start of a line and within', () => {
    const texts = hostileSnippets.flatMap((snippet) => [snippet, `a${snippet}`, snippet + snippet]);
    expect(texts.filter((text) => workflowCommands(plain(text)).length > 0)).toEqual([]);
  });

  test('cuts by characters, never through one', () => {
    expect(plain('🎉'.repeat(20), 5)).toBe('🎉🎉🎉🎉…');
  });

  test('leaves ordinary text as it is', () => {
    const text = 'Support/Evaluators/exact-match fell by 20.0 points – größer: 3 × “größer” 表 🎉';
    expect(plain(text)).toBe(text);
  });

  test.each([
    ['a selector that chooses nothing', 'tone\ufe0f'],
    ['a selector behind a digit', '1\ufe0f'],
    ['a selector that repeats what is so already', '🎉\ufe0f'],
    ['a rare selector', 'tone\u{e0101}'],
    ['a space without width', 'to\u200bne'],
    ['a joiner', 'tone\u034f'],
    ['a letter that is blank', 'tone\u3164'],
    ['a blank of Braille', 'tone\u2800'],
    ['a tag', 'tone\u{e0041}'],
  ])('%s makes another name, which looks different', (_, name) => {
    for (const show of [plain, code, prose]) expect(show(name)).toContain('\ufffd');
  });

  test('a symbol and the emoji of it look different by themselves', () => {
    expect([plain('❤'), plain('❤\ufe0f'), plain('⚠\ufe0f')]).toEqual(['❤', '❤\ufe0f', '⚠\ufe0f']);
  });

  test('shows what it replaces', () => {
    expect(plain('a\u202eb\u001bc')).toBe('a\ufffdb\ufffdc');
    expect(plain('line\nbreak\ttab')).toBe('line break tab');
  });
});

describe.each([
  ['code', code],
  ['prose', prose],
])('%s', (_, escaped) => {
  test.each(Object.entries(places))('is inert in a %s', (_place, put) => {
    for (const snippet of hostileSnippets) expectInert(put(escaped(snippet)));
  });
});

describe('code', () => {
  test('is never empty', () => {
    for (const nothing of ['', ' ', '\n']) expect(code(nothing)).toBe('`(empty)`');
  });

  test('keeps an ordinary name', () => {
    expect(code('Support/Evaluators/exact-match')).toBe('`Support/Evaluators/exact-match`');
  });
});

describe('prose', () => {
  test('reads as a sentence, with only the special words set apart', () => {
    expect(
      prose('PATCH /evaluations/evr_1 (Run rn_2) failed with HTTP 409. The server says: ask @octocat, please.'),
    ).toBe('PATCH `/evaluations/evr_1` (Run `rn_2`) failed with HTTP 409. The server says: ask `@octocat`, please.');
  });

  test('sets apart what GitHub makes a link of even without a host', () => {
    expect(prose('See www. or (WWW).')).toBe('See `www`. or (`WWW`).');
    expect(prose('www.example.com', 5)).toBe('`www`.…');
    expect(prose("It’s the bot'www.")).toBe("It’s the `bot'www`.");
  });

  test('keeps the code that a sentence marks itself', () => {
    expect(prose('Correct the `with:` block of this step.')).toBe('Correct the `with:` block of this step.');
  });
});

describe('link', () => {
  test('links to https only', () => {
    for (const address of [
      'http://example.com',
      'javascript:alert(1)',
      'data:text/html,x',
      '',
      'no address',
      undefined,
    ]) {
      expect(link('label', address)).toBe('label');
    }
  });
});

describe('quotation', () => {
  test('is one code block, whatever is in the text', () => {
    for (const text of [...hostileSnippets, hostileSnippets.join('\n'), '```\n```\n', '~~~', '    ````', '']) {
      const [block, ...others] = parseMarkdown(`before\n\n${quotation(text)}\n\nbehind`).children.slice(1, -1);
      expect(block?.type).toBe('code');
      expect(others).toEqual([]);
    }
  });

  test('keeps lines and their indentation', () => {
    expect(quotation('a\n  b\r\n\tc')).toBe('```text\na\n  b\n  c\n```');
  });

  test('breaks long lines between words, and long words if it must', () => {
    const words = quotation('word '.repeat(40)).split('\n').slice(1, -1);
    expect(words.join(' ').trim()).toBe('word '.repeat(40).trim());
    expect(Math.max(...words.map((line) => line.length))).toBeLessThanOrEqual(76);
    const [first = '', second = ''] = quotation('x'.repeat(100)).split('\n').slice(1, -1);
    expect([first.length, second.length]).toEqual([76, 24]);
  });

  test('cuts after 500 characters, never through one', () => {
    const quoted = quotation('🎉'.repeat(600)).split('\n').slice(1, -1).join('');
    expect(Array.from(quoted)).toHaveLength(500);
    expect(quoted).toMatch(/^🎉+…$/u);
  });

  test('of nothing says so', () => {
    expect(quotation(' \n ')).toBe('```text\n(empty)\n```');
  });
});
