import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { code, fenced, link, plain, prose } from '../../src/report/escape.ts';
import { hostileSnippets, hostileText } from '../support/hostile-text.ts';
import { allNodes, live, parseMarkdown } from '../support/markdown.ts';
import { workflowCommands } from '../support/workflow-commands.ts';

const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

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

  test('no text makes a command or holds anything invisible', () => {
    fc.assert(
      fc.property(hostileText, hostileText, (a, b) => {
        const lines = [plain(a), `  ${plain(a)}  ${plain(b)}`, `${plain(a)}: ${plain(b)}`];
        expect(workflowCommands(lines.join('\n'))).toEqual([]);
        expect(lines.join(' ')).not.toMatch(invisible);
      }),
      { numRuns: 1000 },
    );
  });

  test('cuts by characters, never through one', () => {
    expect(plain('🎉'.repeat(20), 5)).toBe('🎉🎉🎉🎉…');
    fc.assert(
      fc.property(hostileText, fc.integer({ min: 1, max: 30 }), (text, maxLength) => {
        expect(Array.from(plain(text, maxLength)).length).toBeLessThanOrEqual(maxLength);
      }),
    );
  });

  test('leaves ordinary text as it is', () => {
    const text = 'Support/Evaluators/exact-match fell by 20.0 points – größer: 3 × “größer” 表 🎉';
    expect(plain(text)).toBe(text);
  });

  test('is the same when done twice', () => {
    fc.assert(fc.property(hostileText, (text) => expect(plain(plain(text))).toBe(plain(text))));
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
    fc.assert(fc.property(hostileText, (text) => expectInert(put(escaped(text)))));
    for (const snippet of hostileSnippets) expectInert(put(escaped(snippet)));
  });

  test('does not change the shape of a table', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const [table] = parseMarkdown(`| a | b |\n| --- | --- |\n| ${escaped(text)} | x |\n| y | z |`).children;
        const rows = table?.type === 'table' ? table.children : [];
        expect(rows.map((row) => row.children.length)).toEqual([2, 2, 2]);
      }),
    );
  });

  test('shows no control character', () => {
    fc.assert(fc.property(hostileText, (text) => expect(escaped(text)).not.toMatch(invisible)));
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

  test('keeps the code that a sentence marks itself', () => {
    expect(prose('Correct the `with:` block of this step.')).toBe('Correct the `with:` block of this step.');
  });
});

describe('fenced', () => {
  test('cannot end the fence', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const { children } = parseMarkdown(`\`\`\`text\n${fenced(text)}\n${fenced(text)} x\n\`\`\``);
        expect(children.map(({ type }) => type)).toEqual(['code']);
      }),
    );
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

  test('stays one link to the address, in a table too', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const address = `https://example.com/${text}`;
        const linked = link(code('label'), address);
        for (const markdown of [linked, `| a |\n| --- |\n| ${linked} |`]) {
          const nodes = parseMarkdown(markdown).children.flatMap(allNodes);
          const links = nodes.flatMap((node) => (node.type === 'link' ? [URL.parse(node.url)?.host] : []));
          expect(links).toEqual(URL.canParse(address) ? ['example.com'] : []);
          expect(nodes.at(-1)).toMatchObject({ type: 'inlineCode', value: 'label' });
        }
      }),
    );
  });
});
