/** What the demo shows of texts that are too wide, and of Markdown. */
import { describe, expect, test } from '@jest/globals';
import { columns, renderMarkdown, wrap } from '../../sandbox/terminal.ts';

describe('wrap', () => {
  test('leaves a line that fits as it is, spaces too', () => {
    const line = '  exact-match    83.6 %';
    expect(wrap(line)).toEqual([line]);
  });

  test('breaks between words, indents what follows, and loses no word', () => {
    const words = Array.from({ length: 60 }, (_, index) => `word${index}`);
    const lines = wrap(`  ${words.join(' ')}`);
    expect(lines.length).toBeGreaterThan(1);
    for (const [index, line] of lines.entries()) {
      expect(line).toMatch(index === 0 ? /^ {2}w/ : /^ {4}w/);
      expect(line.length).toBeLessThanOrEqual(columns);
    }
    expect(lines.join(' ').trim().split(/ +/)).toEqual(words);
  });
});

describe('renderMarkdown', () => {
  test('draws a table, with an emoji in two columns and <br> as a second line', () => {
    const markdown = '| Evaluator | Difference |\n| :-- | --: |\n| ❌ `right`<br>regressed | **−16.7** |\n| a | 0 |';
    expect(renderMarkdown(markdown, '')).toEqual([
      'Evaluator  Difference',
      '─────────────────────',
      '❌ right        −16.7',
      'regressed',
      'a                   0',
    ]);
  });

  test('shows of what is folded the summary, and of what it is asked to unfold the first entry', () => {
    const fold = (summary: string) =>
      `<details>\n<summary>${summary}</summary>\n\n**one** – a\n\nInput:\n\n**two** – b\n\n</details>`;
    expect(renderMarkdown(`${fold('Closed')}\n\n${fold('Shut')}\n\n${fold('Open')}\n\nEnd`, 'Open')).toEqual([
      '▸ Closed',
      '▸ Shut',
      '',
      '▾ Open',
      '',
      '  one – a',
      '',
      '  Input:',
      '',
      '  … and 1 more like this',
      '',
      'End',
    ]);
  });

  test('leaves out comments, and wraps lists and paragraphs', () => {
    const words = Array.from({ length: 30 }, () => 'word').join(' ');
    expect(renderMarkdown(`<!-- marker -->\n### Title\n\n- ${words}`, '', 80)).toEqual([
      'Title',
      '',
      `• ${Array.from({ length: 15 }, () => 'word').join(' ')}`,
      `  ${Array.from({ length: 15 }, () => 'word').join(' ')}`,
    ]);
  });
});
