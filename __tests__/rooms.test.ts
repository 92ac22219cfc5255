/** Who may touch what: holds the table of rooms in CONTRIBUTING.md against the imports, those of types too. */
import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseSync } from '@swc/core';

const root = join(import.meta.dirname, '..');

/** What each room may import besides itself. A file right below `src/` is a room of its own, named like the file. */
const mayTouch: Readonly<Record<string, readonly string[]>> = {
  text: [],
  errors: [],
  'run-status': [],
  version: [],
  gate: [],
  humanloop: ['text', 'errors', 'run-status', 'version'],
  report: ['gate', 'text', 'run-status'],
  runner: ['text', 'errors', 'gate'],
  github: ['text', 'errors'],
  step: ['humanloop', 'runner', 'report', 'gate'],
  evaluation: ['humanloop', 'runner', 'gate', 'step', 'text', 'errors'],
  update: ['humanloop', 'runner', 'step', 'text', 'errors', 'run-status'],
  wait: ['humanloop', 'runner', 'evaluation', 'step', 'text', 'errors'],
  compare: ['humanloop', 'runner', 'gate', 'report', 'update', 'evaluation', 'step', 'text', 'errors'],
  publish: ['runner', 'report', 'github', 'step', 'errors'],
  main: ['update', 'wait', 'compare', 'publish', 'humanloop', 'runner', 'report', 'step', 'text', 'errors'],
  index: ['main'],
};

/** What only one room may import. */
const belongsTo: Readonly<Record<string, readonly string[]>> = {
  '@actions/core': ['runner'],
  '@actions/github': ['github'],
  yaml: ['runner'],
  'proxy-from-env': ['humanloop'],
};

interface Import {
  /** A path below `src/`. */
  readonly from: string;
  /** A path below `src/`, or the name of a package. */
  readonly to: string;
  /** Whether only types are taken. */
  readonly typeOnly: boolean;
}

type Node = Readonly<Record<string, unknown>>;
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** All nodes of a syntax tree. */
function* nodesOf(node: Node): Generator<Node> {
  yield node;
  for (const child of Object.values(node)) if (isNode(child)) yield* nodesOf(child);
}

const textOf = (node: unknown) => (isNode(node) && typeof node.value === 'string' ? node.value : undefined);

/** The imports of a module: static, of types, and by `import()`. */
function importsOf(file: string, source: string): Import[] {
  const { body } = parseSync(source, { syntax: 'typescript', target: 'es2024' });
  const to = (specifier: string) =>
    specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : specifier;
  return Array.from(nodesOf({ body })).flatMap((node): Import[] => {
    const declared = node.type === 'ImportDeclaration' || /^Export(Named|All)Declaration$/.test(String(node.type));
    if (declared) {
      const specifier = textOf(node.source);
      return specifier === undefined ? [] : [{ from: file, to: to(specifier), typeOnly: node.typeOnly === true }];
    }
    if (node.type !== 'CallExpression' || !isNode(node.callee) || node.callee.type !== 'Import') return [];
    const [argument] = Array.isArray(node.arguments) ? node.arguments : [];
    const specifier = isNode(argument) ? textOf(argument.expression) : undefined;
    return specifier === undefined ? [] : [{ from: file, to: to(specifier), typeOnly: false }];
  });
}

const roomOf = (file: string) => file.split('/')[0]?.replace(/\.ts$/, '') ?? '';
const isOurs = (path: string) => path.endsWith('.ts');

/** Imports from a room that the room must not touch, as sentences. */
function trespasses(imports: readonly Import[]): string[] {
  return imports.flatMap(({ from, to }) => {
    const room = roomOf(from);
    if (isOurs(to)) {
      const other = roomOf(to);
      return room === other || mayTouch[room]?.includes(other) ? [] : [`${from} imports ${to}`];
    }
    return belongsTo[to] && !belongsTo[to].includes(room) ? [`${from} imports ${to}`] : [];
  });
}

/** A chain of imports that leads back to where it began, or undefined. */
function circleIn(imports: readonly Import[]): string[] | undefined {
  const next = Map.groupBy(imports, ({ from }) => from);
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const { to } of next.get(file) ?? []) {
      const circle = isOurs(to) ? walk(to, [...path, file]) : undefined;
      if (circle) return circle;
    }
    done.add(file);
    return undefined;
  };
  return [...next.keys()].map((file) => walk(file, [])).find((circle) => circle !== undefined);
}

const files = globSync('**/*.ts', { cwd: join(root, 'src') }).map((file) => file.replaceAll('\\', '/'));
const sources = new Map(files.map((file) => [file, readFileSync(join(root, 'src', file), 'utf8')]));
const imports = Array.from(sources).flatMap(([file, source]) => importsOf(file, source));

describe('the rooms', () => {
  test('are all in the table', () => {
    expect([...new Set(files.map(roomOf))].toSorted()).toEqual(Object.keys(mayTouch).toSorted());
  });

  test('touch only what the table allows', () => {
    expect(trespasses(imports)).toEqual([]);
  });

  test('have nothing in the table that they do not use', () => {
    const used = new Set(imports.map(({ from, to }) => `${roomOf(from)} → ${roomOf(to)}`));
    const allowed = Object.entries(mayTouch).flatMap(([room, others]) => others.map((other) => `${room} → ${other}`));
    expect(allowed.filter((arrow) => !used.has(arrow))).toEqual([]);
  });

  test('have no circle, not even of types', () => {
    expect(circleIn(imports)).toBeUndefined();
  });

  test('leave the environment to runner, and to main, which hands it on', () => {
    const readers = Array.from(sources).filter(([, source]) => /\bprocess\.env\b/.test(source));
    expect(readers.map(([file]) => roomOf(file)).filter((room) => !['runner', 'main'].includes(room))).toEqual([]);
  });

  test('load nothing in the catch of an error', () => {
    const late = Array.from(sources).filter(([, source]) => {
      const { body } = parseSync(source, { syntax: 'typescript', target: 'es2024' });
      const catches = Array.from(nodesOf({ body })).filter(({ type }) => type === 'CatchClause');
      return catches.some((clause) => Array.from(nodesOf(clause)).some(({ type }) => type === 'Import'));
    });
    expect(late.map(([file]) => file)).toEqual([]);
  });

  test('stand in CONTRIBUTING.md with the same words', () => {
    const contributing = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
    const rows = Array.from(contributing.matchAll(/^\| `([\w-]+)` \| ([^|]*) \|/gm), ([, room = '', others = '']) => [
      room,
      Array.from(others.matchAll(/`([\w-]+)`/g), ([, other]) => other).toSorted(),
    ]);
    const table = Object.entries(mayTouch).map(([room, others]) => [room, others.toSorted()]);
    expect(Object.fromEntries(rows)).toMatchObject(Object.fromEntries(table));
  });
});

describe('the other actions', () => {
  /** What is imported from `src/` below a folder, by room. */
  function roomsTouchedBy(folder: string, except = '\0'): string[] {
    const own = globSync(`${folder}/**/*.ts`, { cwd: root })
      .map((file) => file.replaceAll('\\', '/'))
      .filter((file) => !file.startsWith(except));
    const targets = own.flatMap((file) => importsOf(file, readFileSync(join(root, file), 'utf8'))).map(({ to }) => to);
    const others = targets.filter((to) => isOurs(to) && !to.startsWith(`${folder}/`));
    return [...new Set(others.map((to) => (to.startsWith('src/') ? roomOf(to.slice('src/'.length)) : to)))].toSorted();
  }

  test('share the client, the inputs and the words of the action, to record', () => {
    expect(roomsTouchedBy('record')).toEqual(['errors', 'humanloop', 'runner', 'text']);
  });

  test('share nothing with the action, to serve', () => {
    expect(roomsTouchedBy('server', 'server/pages/')).toEqual([]);
  });

  test('share what is worse and what is better with the action, to show it', () => {
    expect(roomsTouchedBy('server')).toEqual(['gate']);
  });
});

describe('a breach is found', () => {
  test('in an import of a type, and in one that waits', () => {
    const source = "import type { Run } from '../humanloop/run.ts'; await import('../runner/log.ts');";
    expect(trespasses(importsOf('gate/gate.ts', source))).toEqual([
      'gate/gate.ts imports humanloop/run.ts',
      'gate/gate.ts imports runner/log.ts',
    ]);
  });

  test('in a package that belongs to another room', () => {
    expect(trespasses(importsOf('report/log.ts', "import * as core from '@actions/core';"))).toEqual([
      'report/log.ts imports @actions/core',
    ]);
  });

  test('in two files that import each other', () => {
    const both = [
      ...importsOf('gate/a.ts', "import type { B } from './b.ts';"),
      ...importsOf('gate/b.ts', "import { a } from './a.ts';"),
    ];
    expect(circleIn(both)).toEqual(['gate/a.ts', 'gate/b.ts', 'gate/a.ts']);
  });
});
