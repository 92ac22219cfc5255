/** Writes the tables of inputs and outputs in README.md, between their markers, from action.yml. `--check` only compares. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

interface Entry {
  readonly description: string;
  readonly required?: boolean;
  readonly default?: string;
}

const root = join(import.meta.dirname, '..');
const action: { inputs: Record<string, Entry>; outputs: Record<string, Entry> } = parse(
  readFileSync(join(root, 'action.yml'), 'utf8'),
);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.trim().replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function presetOf({ required, default: preset }: Entry): string {
  if (required) return '**required**';
  return preset ? `\`${preset}\`` : '';
}

const tables = {
  inputs: table(
    ['Input', 'Default', 'Meaning'],
    Object.entries(action.inputs).map(([name, entry]) => [`\`${name}\``, presetOf(entry), entry.description]),
  ),
  outputs: table(
    ['Output', 'Meaning'],
    Object.entries(action.outputs).map(([name, entry]) => [`\`${name}\``, entry.description]),
  ),
};

const path = join(root, 'README.md');
const before = readFileSync(path, 'utf8');
const after = before.replace(
  /(<!-- (inputs|outputs):begin -->\n)[\s\S]*?(<!-- \2:end -->)/g,
  (_, begin: string, name: keyof typeof tables, end: string) => `${begin}\n${tables[name]}\n\n${end}`,
);
if (!process.argv.includes('--check')) {
  writeFileSync(path, after);
} else if (after !== before) {
  console.error('The tables in README.md differ from action.yml. Run `npm run readme` and commit the result.');
  process.exitCode = 1;
}
