import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';

export type MarkdownNode = ReturnType<typeof fromMarkdown> | ReturnType<typeof fromMarkdown>['children'][number];

/** Parses GitHub Flavored Markdown. */
export function parseMarkdown(text: string): ReturnType<typeof fromMarkdown> {
  return fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
}

/** The node and all below it. */
export function allNodes(node: MarkdownNode): MarkdownNode[] {
  return [node, ...('children' in node ? node.children.flatMap(allNodes) : [])];
}

/** What a reader sees of a node, inline HTML left out. */
export function textOf(node: MarkdownNode): string {
  if (node.type === 'text' || node.type === 'inlineCode') return node.value;
  if (node.type === 'html') return node.value === '<br>' ? ' ' : '';
  return 'children' in node ? node.children.map(textOf).join('') : '';
}

/** The tables, one after the other, as rows of cells. */
export function tablesIn(markdown: string): string[][][] {
  return parseMarkdown(markdown).children.flatMap((node) =>
    node.type === 'table'
      ? [node.children.map((row) => row.children.map((cell) => textOf(cell).replaceAll('\u00a0', ' ')))]
      : [],
  );
}

/** What GitHub itself would turn into a mention, a reference, an emoji or math: it looks at text outside of code only. */
export function live(text: string): string[] {
  const patterns = [
    /@[\w-]/u,
    /#\d/u,
    /\bGH-\d/iu,
    /\b[0-9a-f]{7,40}\b/iu,
    /:[\w+-]+:/u,
    /\bwww\.\S/iu,
    /:\/\//u,
    /\S@\S/u,
    /\$\S/u,
    /[<>]/u,
    /\b[A-Za-z]+-\d/u,
  ];
  return patterns.flatMap((pattern) => pattern.exec(text)?.[0] ?? []);
}
