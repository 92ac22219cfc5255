/** What GitHub renders: the report for the job summary and for the comment, and what it is escaped with. */
import { describe, expect } from '@jest/globals';
import fc from 'fast-check';
import { renderLog } from '../../src/report/log.ts';
import { renderComment, renderSummary } from '../../src/report/markdown.ts';
import type { Report } from '../../src/report/report.ts';
import { code, fenced, link, prose } from '../../src/text/escape.ts';
import { fuzzRenderer } from '../support/fuzz.ts';
import { anyReport, anyRow } from '../support/hostile-report.ts';
import { hostileText } from '../support/hostile-text.ts';
import { invisible, unprintable } from '../support/hostile-values.ts';
import { allNodes, live, type MarkdownNode, parseMarkdown } from '../support/markdown.ts';

/** What a report is made of where text from elsewhere stands. */
const inert = new Set([
  ...['root', 'paragraph', 'text', 'inlineCode', 'strong', 'code'],
  ...['list', 'listItem', 'table', 'tableRow', 'tableCell'],
]);

describe('escaped text', () => {
  /** Every place in a report where text from elsewhere stands, in one document. */
  const document = (escaped: string, inFence: string) =>
    [
      escaped,
      `Run ${escaped} (${escaped}), ${escaped}.`,
      `- ${escaped}\n- **${escaped || 'x'}**`,
      `| a | b |\n| :-- | --: |\n| ${escaped} | z |`,
      `\`\`\`text\n  ${inFence}\n\`\`\``,
    ].join('\n\n');

  fuzzRenderer(
    'is nothing but text and code, wherever it stands in Markdown',
    fc.tuple(hostileText, fc.constantFrom(code, prose), fc.integer({ min: 1, max: 60 })),
    ([text, escaped, longest]) => {
      const markdown = document(escaped(text, longest), fenced(text, longest));
      expect(markdown.replaceAll('\n', '')).not.toMatch(invisible);
      const root = parseMarkdown(markdown);
      const nodes = allNodes(root);
      expect(nodes.map(({ type }) => type).filter((type) => !inert.has(type))).toEqual([]);
      expect(live(nodes.map((node) => (node.type === 'text' ? node.value : '')).join(' '))).toEqual([]);
      // A sentence that says nothing is no paragraph.
      const shape = root.children.map(({ type }) => type).filter((type) => type !== 'paragraph');
      expect(shape).toEqual(['list', 'table', 'code']);
      const [table] = root.children.filter(({ type }) => type === 'table');
      expect(table?.type === 'table' && table.children.map((row) => row.children.length)).toEqual([2, 2]);
    },
  );

  fuzzRenderer(
    'of a link is a link to the https page, or none',
    fc.oneof(
      hostileText,
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      hostileText.map((text) => `https://example.com/${text}`),
    ),
    (address) => {
      const url = URL.parse(address);
      const linked = link(code('label'), address);
      for (const markdown of [linked, `| a |\n| --- |\n| ${linked} |`]) {
        const nodes = allNodes(parseMarkdown(markdown));
        const hosts = nodes.flatMap((node) => (node.type === 'link' ? [URL.parse(node.url)?.host] : []));
        expect(hosts).toEqual(url?.protocol === 'https:' ? [url.host] : []);
        expect(nodes.at(-1)).toMatchObject({ type: 'inlineCode', value: 'label' });
      }
    },
  );
});

describe('a report', () => {
  const own = new Set([...inert, 'link', 'html']);
  const ownHtml = /^(?:<details>\n<summary>[\w ]+<\/summary>|<\/details>|<br>|<sub>|<\/sub>)$/;
  const isHttps = (address: string | undefined) => address !== undefined && URL.parse(address)?.protocol === 'https:';

  function expectInert(markdown: string, { evaluationUrl, workflowRunUrl, gate }: Report): void {
    const nodes = allNodes(parseMarkdown(markdown));
    const ofType = <T extends MarkdownNode['type']>(type: T) =>
      nodes.filter((node): node is Extract<MarkdownNode, { type: T }> => node.type === type);
    expect(nodes.map(({ type }) => type).filter((type) => !own.has(type))).toEqual([]);
    expect(
      ofType('html')
        .map(({ value }) => value)
        .filter((value) => !ownHtml.test(value)),
    ).toEqual([]);
    // Numbers are the report's own, however long or small.
    const words = ofType('text').map(({ value }) => value.replace(/\b\d{7,}\b|^<\u00a00\.0001$/g, '0'));
    expect(live(words.join(' '))).toEqual([]);
    const pages = [evaluationUrl, workflowRunUrl, gate?.comparePage].flatMap((url) =>
      url && isHttps(url) ? [new URL(url).host] : [],
    );
    for (const { url } of ofType('link')) expect(pages).toContain(new URL(url).host);
    for (const { children } of ofType('table')) {
      expect(new Set(children.map((row) => row.children.length)).size).toBe(1);
    }
    expect(markdown.replaceAll('\n', ' ')).not.toMatch(unprintable);
    expect(markdown.isWellFormed()).toBe(true);
  }

  fuzzRenderer('in Markdown is made of its own parts only, and whole in the comment', anyReport, (report) => {
    const summary = renderSummary(report);
    expect(summary).not.toBe('');
    expect(Buffer.byteLength(summary)).toBeLessThan(60_000);
    expectInert(summary, report);
    expect(renderComment(report)).toBe(`### Humanloop evaluation\n\n${summary}`);
    expect(renderSummary(structuredClone(report))).toBe(summary);
  });

  /** So much of everything that not all of it fits. */
  const long = fc
    .tuple(anyReport, fc.array(anyRow, { minLength: 1, maxLength: 2 }), fc.constantFrom(10, 60, 110), hostileText)
    .map(([report, rows, times, text]): Report => {
      const endless = `${text} 🎉`.repeat(20);
      const evaluators = Array.from({ length: times }, () =>
        rows.map((row) => ({ ...row, path: row.path + endless })),
      ).flat();
      const comparison = { confidence: 0.95, family_size: 1, evaluators };
      const gate = { mode: 'strict', outcome: 'failed', verdict: rows[0]?.verdict ?? null, comparison } as const;
      return { ...report, gate, warnings: Array.from({ length: times }, () => endless) };
    });
  // Each of them is a hundred times as long as others.
  fuzzRenderer(
    'fits the limits of GitHub however much there is to say, with whole tables',
    long,
    (report) => {
      const summary = renderSummary(report);
      const comment = renderComment(report);
      expect(Buffer.byteLength(summary)).toBeLessThan(900_000);
      expect(comment.length).toBeLessThanOrEqual(65_000);
      for (const markdown of [summary, comment]) {
        expect(markdown.isWellFormed()).toBe(true);
        for (const block of markdown.split('\n\n').filter((each) => each.startsWith('| '))) {
          expect(new Set(block.split('\n').map((line) => line.split('|').length)).size).toBe(1);
        }
      }
      expect(renderLog(report).length).toBeLessThan(200_000);
    },
    0.03,
  );
});
