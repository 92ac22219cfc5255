/**
 * Writes what action.yml says into README.md (the lists of inputs and outputs, between their markers), src/runner/defaults.ts
 * and src/gate/defaults.ts, and what those of the other actions say into docs/workflows.md. `--check` only compares. Comments between
 * the inputs of action.yml are the headings of their groups.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isMap, isScalar, parse, parseDocument } from 'yaml';
import { gateRules } from '../src/gate/settings.ts';

interface Entry {
  readonly description: string;
  readonly required?: boolean;
  readonly default?: string;
}

const root = join(import.meta.dirname, '..');
interface Action {
  readonly inputs: Record<string, Entry>;
  readonly outputs: Record<string, Entry>;
}
const readAction = (folder: string): Action => parse(readFileSync(join(root, folder, 'action.yml'), 'utf8'));
const action = readAction('.');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.trim().replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function presetOf({ required, default: preset }: Entry): string {
  if (required) return '**required**';
  return preset ? `\`${preset}\`` : '';
}

/** Lists read well on a narrow screen, where long texts in tables do not. */
function inputsList({ inputs }: Action): string {
  const map = parseDocument(readFileSync(join(root, 'action.yml'), 'utf8')).get('inputs');
  if (!isMap(map)) throw new Error('action.yml has no inputs.');
  const lines = map.items.flatMap(({ key }, index) => {
    if (!isScalar(key)) return [];
    const name = String(key.value);
    const entry = inputs[name];
    const comment = key.commentBefore ?? (index === 0 ? map.commentBefore : undefined);
    const preset = entry ? presetOf(entry) : '';
    return [
      ...(comment ? [`- **${comment.trim()}**`] : []),
      `  - \`${name}\`${preset && ` (${preset})`}: ${entry?.description.trim()}`,
    ];
  });
  return lines.join('\n');
}

function outputsList({ outputs }: Action): string {
  return Object.entries(outputs)
    .map(([name, { description }]) => `- \`${name}\`: ${description.trim()}`)
    .join('\n');
}

function inputsTable(head: string, { inputs }: Action): string {
  return table(
    [head, 'Default', 'Meaning'],
    Object.entries(inputs).map(([name, entry]) => [`\`${name}\``, presetOf(entry), entry.description]),
  );
}

function outputsTable(head: string, { outputs }: Action): string {
  return table(
    [head, 'Meaning'],
    Object.entries(outputs).map(([name, entry]) => [`\`${name}\``, entry.description]),
  );
}

function otherTables(folder: string): string {
  const other = readAction(folder);
  return `${inputsTable(`Input of \`${folder}\``, other)}\n\n${outputsTable(`Output of \`${folder}\``, other)}`;
}

const generated: Readonly<Record<string, string>> = {
  inputs: inputsList(action),
  outputs: outputsList(action),
  server: otherTables('server'),
  record: otherTables('record'),
};

/** A file with what stands between its markers written anew. */
function filled(path: string): string {
  return readFileSync(path, 'utf8').replace(
    /(<!-- (inputs|outputs|server|record):begin -->\n)[\s\S]*?(<!-- \2:end -->)/g,
    (_, begin: string, name: string, end: string) => `${begin}${generated[name]}\n${end}`,
  );
}

/** Not that of `gate`: an empty gate is an error. Not expressions: only the runner can evaluate them. */
const literals = Object.entries(action.inputs).filter(
  ([name, { default: preset }]) => name !== 'gate' && preset && !preset.includes('${{'),
);
const [ofGate = [], ofOthers = []] = [true, false].map((wanted) =>
  literals.filter(([name]) => Object.hasOwn(gateRules, name) === wanted),
);
const members = (some: typeof literals) =>
  some.map(([name, entry]) => `  ${/\W/.test(name) ? `'${name}'` : name}: '${entry.default}',`).join('\n');
const gateDefaults = `/** The settings of a gate that a workflow does not set itself. Made from action.yml by \`npm run readme\`; do not edit. */
export const gateDefaults = {
${members(ofGate)}
} as const;
`;
const defaults = `import { gateDefaults } from '../gate/defaults.ts';

/**
 * What an empty input means: workflows pass on optional inputs of their own as empty texts. Made from action.yml by
 * \`npm run readme\`; do not edit.
 */
export const defaults: Readonly<Record<string, string>> = {
  ...gateDefaults,
${members(ofOthers)}
};
`;

const guide = join(root, 'docs/workflows.md');
const readme = join(root, 'README.md');
const made = {
  [readme]: filled(readme),
  [guide]: filled(guide),
  [join(root, 'src/gate/defaults.ts')]: gateDefaults,
  [join(root, 'src/runner/defaults.ts')]: defaults,
};
for (const [file, after] of Object.entries(made)) {
  if (!process.argv.includes('--check')) writeFileSync(file, after);
  else if (readFileSync(file, 'utf8') !== after) {
    console.error(`${relative(root, file)} differs from action.yml. Run \`npm run readme\` and commit the result.`);
    process.exitCode = 1;
  }
}
