/** What can be said about the pages in Markdown without knowing what they are about. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { allNodes, type MarkdownNode, parseMarkdown, textOf } from './support/markdown.ts';

const root = join(import.meta.dirname, '..');
const pages = globSync(['*.md', '{docs,server,sandbox}/**/*.md', '__tests__/**/*.md'], { cwd: root })
  .map((path) => path.replaceAll('\\', '/'))
  .sort();
const trees = new Map(pages.map((path) => [path, allNodes(parseMarkdown(readFileSync(join(root, path), 'utf8')))]));

/** Where a page leads: links, images, and those that are written in HTML. */
function targetsOf(node: MarkdownNode): string[] {
  if (node.type === 'link' || node.type === 'image' || node.type === 'definition') return [node.url];
  if (node.type !== 'html') return [];
  return Array.from(node.value.matchAll(/\b(?:href|src|srcset)="([^"]*)"/g), ([, target = '']) => target);
}

/** The anchors that GitHub gives the headings of a page. */
function anchorsOf(nodes: readonly MarkdownNode[]): Set<string> {
  const times = new Map<string, number>();
  return new Set(
    nodes
      .filter(({ type }) => type === 'heading')
      .map((heading) => {
        const anchor = textOf(heading)
          .toLowerCase()
          .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
          .replaceAll(' ', '-');
        const before = times.get(anchor) ?? 0;
        times.set(anchor, before + 1);
        return before === 0 ? anchor : `${anchor}-${before}`;
      }),
  );
}

/** Links within the repository that lead nowhere. */
function brokenLinks(page: string, nodes: readonly MarkdownNode[]): string[] {
  return nodes.flatMap(targetsOf).filter((target) => {
    if (/^(?:https?|mailto):/.test(target)) return false;
    const [path = '', anchor] = target.split('#', 2);
    if (path === '') return !anchorsOf(nodes).has(anchor ?? '');
    const file = posix.join(dirname(page), path);
    if (!existsSync(join(root, file))) return true;
    return anchor !== undefined && !anchorsOf(trees.get(file) ?? []).has(anchor);
  });
}

/** Rows that have more or fewer cells than the head of their table, as they are written. */
function unevenRows(nodes: readonly MarkdownNode[]): string[] {
  const tables = nodes.filter((node) => node.type === 'table');
  return tables.flatMap(({ align, children: rows }) =>
    rows.filter(({ children: cells }) => cells.length !== align?.length).map(textOf),
  );
}

test('the pages are found', () => {
  expect(pages).toEqual(
    expect.arrayContaining(['CONTRIBUTING.md', 'README.md', 'docs/server.md', 'sandbox/README.md', 'server/README.md']),
  );
});

describe.each([...trees])('%s', (page, nodes) => {
  test('has no link that leads nowhere', () => {
    expect(brokenLinks(page, nodes)).toEqual([]);
  });

  test('has as many cells in each row of a table as in its head', () => {
    expect(unevenRows(nodes)).toEqual([]);
  });
});

describe('what is wrong is found', () => {
  const nodesOf = (markdown: string) => allNodes(parseMarkdown(markdown));

  test('in links', () => {
    const markdown = `
# Who are *you*? (\`v1\`) – it_s me

## Twice
## Twice

[right](#who-are-you-v1--it_s-me) [right](#twice-1) [right](server.md) [right](../README.md#limits) [elsewhere](https://example.com/x)
[wrong](#twice-2) [wrong](no-page.md) [wrong](../README.md#no-heading) [wrong][defined] ![wrong](no-picture.png)
<img src="no-image.png">

[defined]: ../no-folder
`;
    expect(brokenLinks('docs/page.md', nodesOf(markdown)).sort()).toEqual(
      ['#twice-2', '../README.md#no-heading', '../no-folder', 'no-image.png', 'no-page.md', 'no-picture.png'].sort(),
    );
  });

  test('in tables', () => {
    const markdown = '| a | b |\n| --- | --- |\n| right | right |\n| too few |\n| too | many | cells |\n';
    expect(unevenRows(nodesOf(markdown))).toEqual(['too few', 'toomanycells']);
  });
});
