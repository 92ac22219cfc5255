/**
 * Writes what action.yml says into README.md (the tables of inputs and outputs, between their markers) and src/runner/defaults.ts.
 * `--check` only compares.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
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
const readme = readFileSync(path, 'utf8').replace(
  /(<!-- (inputs|outputs):begin -->\n)[\s\S]*?(<!-- \2:end -->)/g,
  (_, begin: string, name: keyof typeof tables, end: string) => `${begin}\n${tables[name]}\n\n${end}`,
);

/** Not that of `gate`: an empty gate is an error. Not expressions: only the runner can evaluate them. */
const literals = Object.entries(action.inputs).filter(
  ([name, { default: preset }]) => name !== 'gate' && preset && !preset.includes('${{'),
);
const defaults = `/**
 * What an empty input means: workflows pass on optional inputs of their own as empty texts. Made from action.yml by
 * \`npm run readme\`; do not edit.
 */
export const defaults: Readonly<Record<string, string>> = {
${literals.map(([name, entry]) => `  ${/\W/.test(name) ? `'${name}'` : name}: '${entry.default}',`).join('\n')}
};
`;

for (const [file, after] of Object.entries({ [path]: readme, [join(root, 'src/runner/defaults.ts')]: defaults })) {
  if (!process.argv.includes('--check')) writeFileSync(file, after);
  else if (readFileSync(file, 'utf8') !== after) {
    console.error(`${relative(root, file)} differs from action.yml. Run \`npm run readme\` and commit the result.`);
    process.exitCode = 1;
  }
}
