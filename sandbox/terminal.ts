/** Text for a terminal that is 100 columns wide, and Markdown as people would see it there. */
import { stripVTControlCharacters, styleText } from 'node:util';
import type { fromMarkdown } from 'mdast-util-from-markdown';
import { parseMarkdown } from '../__tests__/support/markdown.ts';

export const columns = 100;

type Node = ReturnType<typeof fromMarkdown>['children'][number];

export function bold(text: string): string {
  return process.stdout.isTTY ? text.replace(/\S+/g, (word) => styleText('bold', word)) : text;
}

/** How many columns a text takes: an emoji takes two. */
function widthOf(text: string): number {
  const plain = stripVTControlCharacters(text);
  const graphemes = Array.from(new Intl.Segmenter().segment(plain), ({ segment }) => segment);
  return graphemes.reduce((width, each) => width + (/\p{Emoji_Presentation}|\uFE0F/u.test(each) ? 2 : 1), 0);
}

/** Breaks a line between words if it is too long. What follows the first break is indented by two more than the line. */
export function wrap(line: string, width = columns): string[] {
  if (widthOf(line) <= width) return [line];
  const [indent = ''] = /^ */.exec(line) ?? [];
  const lines: string[] = [];
  let current = indent;
  for (const word of line.trim().split(/ +/)) {
    const isFirst = current.trim() === '';
    if (!isFirst && widthOf(current) + 1 + widthOf(word) > width) {
      lines.push(current);
      current = `${indent}  ${word}`;
    } else current += isFirst ? word : ` ${word}`;
  }
  return [...lines, current];
}

/** A paragraph, broken if it is too long. */
export function paragraph(text: string, width = columns): string[] {
  return text.split('\n').flatMap((line) => wrap(line, width).map((part) => part.trim()));
}

/**
 * Markdown as GitHub shows it: tables are drawn, and what is folded shows its summary only.
 * @param unfolded the summary of what is shown all the same; of its entries, which begin with bold words, the first
 */
export function renderMarkdown(markdown: string, unfolded: string, width = columns): string[] {
  const blocks: string[][] = [];
  let fold: { readonly isOpen: boolean; entries: number } | undefined;
  for (const node of parseMarkdown(markdown).children) {
    if (node.type === 'html') {
      const [, summary] = /<summary>(.*)<\/summary>/.exec(node.value) ?? [];
      if (summary !== undefined) {
        fold = { isOpen: summary === unfolded, entries: 0 };
        blocks.push([`${fold.isOpen ? '▾' : '▸'} ${summary}`]);
      } else if (node.value.startsWith('</details>')) {
        if (fold?.isOpen && fold.entries > 1) blocks.push([`  … and ${fold.entries - 1} more like this`]);
        fold = undefined;
      }
      continue;
    }
    if (!fold) blocks.push(render(node, width));
    else {
      if (node.type === 'paragraph' && node.children[0]?.type === 'strong') fold.entries++;
      if (fold.isOpen && fold.entries === 1) blocks.push(render(node, width - 2).map((line) => `  ${line}`));
    }
  }
  // Folded parts follow each other without a line between them.
  return blocks.flatMap((block, index) =>
    index === 0 || (block[0]?.startsWith('▸') && blocks[index - 1]?.[0]?.startsWith('▸')) ? block : ['', ...block],
  );
}

function render(node: Node, width: number): string[] {
  switch (node.type) {
    case 'table':
      return drawTable(
        node.children.map(({ children }) => children.map((cell) => inline(cell).split('\n'))),
        node.align ?? [],
      );
    case 'code':
      return node.value.split('\n').map((line) => `  ${line}`);
    case 'list':
      return node.children.flatMap((item) =>
        item.children.flatMap((child, index) =>
          render(child, width - 2).map((line, at) => `${index + at === 0 ? '• ' : '  '}${line}`),
        ),
      );
    case 'heading':
      return [bold(inline(node))];
    default:
      return paragraph(inline(node), width);
  }
}

/** What a reader sees of a node, with `<br>` as the end of a line. */
function inline(node: Node): string {
  if (node.type === 'text' || node.type === 'inlineCode') return node.value.replaceAll('\u00a0', ' ');
  if (node.type === 'break') return '\n';
  if (node.type === 'html') return node.value === '<br>' ? '\n' : '';
  const text = 'children' in node ? node.children.map(inline).join('') : '';
  return node.type === 'strong' ? bold(text) : text;
}

type Cell = readonly string[];

function drawTable(rows: readonly (readonly Cell[])[], align: readonly (string | null)[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.flatMap((cells) => cells[column]?.map(widthOf) ?? [])),
  );
  const drawn = rows.map((cells) =>
    Array.from({ length: Math.max(...cells.map(({ length }) => length)) }, (_, line) =>
      widths
        .map((width, column) => {
          const text = cells[column]?.[line] ?? '';
          const space = ' '.repeat(width - widthOf(text));
          return align[column] === 'right' ? space + text : text + space;
        })
        .join('  ')
        .trimEnd(),
    ),
  );
  const [head = [], ...body] = drawn;
  return [...head, widths.map((width) => '─'.repeat(width)).join('──'), ...body.flat()];
}
