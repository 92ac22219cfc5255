/** What can be said about action.yml, the examples and our own workflows without running them. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Request } from './support/language-service.ts';

const root = join(import.meta.dirname, '..');
const published = 'humanloop-community/evaluation-run@v1';

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const list = (folder: string, ending: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`);

const sentence = z.string().regex(/^[\p{Lu}`][\s\S]*\.$/u, 'is no full sentence');
const kebab = z.string().regex(/^[a-z]+(-[a-z]+)*$/);
const actionSchema = z.strictObject({
  name: z.string(),
  description: sentence,
  author: z.string(),
  branding: z.strictObject({ icon: z.string(), color: z.string() }),
  inputs: z.record(
    kebab,
    z.strictObject({ description: sentence, required: z.boolean(), default: z.string().optional() }),
  ),
  outputs: z.record(kebab, z.strictObject({ description: sentence })),
  runs: z.strictObject({
    using: z.literal('node24'),
    main: z.string(),
    post: z.string().optional(),
    'post-if': z.literal('always()').optional(),
  }),
});
const action = actionSchema.parse(parse(read('action.yml')));

/** All actions of this repository, by their folder; the root has none. */
const folders = ['', 'server', 'record'] as const;
const actions = new Map(folders.map((folder) => [folder, actionSchema.parse(parse(read(join(folder, 'action.yml'))))]));

const examples = list('examples', '.yml');
const own = list('.github/workflows', '.yml');
const workflows = [...examples, ...own];

interface Source {
  readonly name: string;
  readonly text: string;
}

/** All YAML that shows how to use the action: whole workflows, and what stands in Markdown. */
const yamlSources: Source[] = [
  ...workflows.map((name) => ({ name, text: read(name) })),
  ...['README.md', ...list('docs', '.md')].flatMap((path) =>
    Array.from(read(path).matchAll(/^```ya?ml\n([\s\S]*?)^```/gm), ([, text = ''], index) => ({
      name: `${path}, block ${index + 1}`,
      text,
    })),
  ),
];

const stepSchema = z.object({
  id: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
});
type Step = z.infer<typeof stepSchema>;

/** Everything with `uses` or `run`, however deep it lies. */
function stepsIn(node: unknown): Step[] {
  if (typeof node !== 'object' || node === null) return [];
  const isStep = 'uses' in node || ('run' in node && typeof node.run === 'string');
  const step = isStep ? [stepSchema.parse(node)] : [];
  return [...step, ...Object.values(node).flatMap(stepsIn)];
}

/** The action of this repository that a step uses, or undefined. */
function oursOf({ uses = '' }: Step) {
  const folder = /^(?:\.\/|humanloop-community\/evaluation-run\/?)(server|record|)(?:@.*)?$/.exec(uses)?.[1];
  const known = folders.find((each) => each === folder);
  return known === undefined ? undefined : actions.get(known);
}

describe('action.yml', () => {
  test('has a default for no input that is required', () => {
    for (const input of Object.values(action.inputs)) expect(input.required && input.default !== undefined).toBe(false);
  });

  test.each(['api-key', 'evaluation-id', 'run-id'])('requires %s', (name) => {
    expect(action.inputs[name]?.required).toBe(true);
  });

  test('takes expressions as defaults for the token and the comment key only', () => {
    const withExpression = Object.keys(action.inputs).filter((name) => action.inputs[name]?.default?.includes('${{'));
    expect(withExpression).toEqual(['comment-key', 'github-token']);
  });

  test.each(folders)('names scripts that are there: %s', (folder) => {
    const { main, post } = actions.get(folder)?.runs ?? {};
    for (const script of [main, post].filter((each) => each !== undefined)) {
      expect(read(join(folder, script))).not.toBe('');
    }
  });
});

const input = { description: '' };
/** Those that our workflows pass. */
const inputsOfOthers = {
  'actions/cache': { path: input, key: input, 'restore-keys': input },
  'actions/cache/restore': { path: input, key: input, 'restore-keys': input, 'fail-on-cache-miss': input },
  'actions/attest': {
    'sbom-path': input,
    'subject-path': input,
    'subject-name': input,
    'subject-digest': input,
    'push-to-registry': input,
  },
  'actions/checkout': { ref: input, path: input, 'persist-credentials': input },
  'actions/setup-node': { 'node-version-file': input, 'package-manager-cache': input },
  'actions/upload-artifact': { name: input, path: input },
  'github/codeql-action': {
    'build-mode': input,
    category: input,
    config: input,
    languages: input,
    sarif_file: input,
  },
  'ossf/scorecard-action': { publish_results: input, results_file: input, results_format: input },
};

const inputsOf = (folder: (typeof folders)[number]) => actions.get(folder)?.inputs ?? {};

/** What GitHub's language service finds, as `path:line: message`. */
function diagnose(documents: Request['documents']): string[] {
  const script = join(root, '__tests__/support/language-service.ts');
  const ours = Object.fromEntries(
    folders.map((folder) => [
      ['humanloop-community/evaluation-run', folder].filter(Boolean).join('/'),
      inputsOf(folder),
    ]),
  );
  const request: Request = { documents, actions: { ...inputsOfOthers, ...ours } };
  const found = execFileSync(process.execPath, [script], { input: JSON.stringify(request), encoding: 'utf8' });
  return found.split('\n').filter((line) => line !== '');
}

describe('the language service of GitHub', () => {
  test('has nothing to say against action.yml and the workflows', () => {
    const documents = [...folders.map((folder) => join(folder, 'action.yml')), ...workflows].map((path) => ({
      path: path.replace('examples/', 'examples/.github/workflows/'),
      text: read(path),
    }));
    expect(diagnose(documents)).toEqual([]);
  });

  test('would notice an unknown key, and an input that is unknown or missing', () => {
    const [example = ''] = examples;
    const found = diagnose([
      { path: 'action.yml', text: read('action.yml').replace('branding:', 'brand:') },
      { path: '.github/workflows/example.yml', text: read(example).replace('          api-key:', '          apikey:') },
    ]);
    expect(found).toEqual([
      expect.stringContaining("'brand'"),
      expect.stringContaining("'apikey'"),
      expect.stringContaining('`api-key`'),
    ]);
  });
});

describe.each(yamlSources)('$name', ({ text }) => {
  test('passes the action only inputs that it has, and all that it requires', () => {
    for (const step of stepsIn(parse(text))) {
      const ours = oursOf(step);
      if (ours === undefined) continue;
      const given = Object.keys(step.with ?? {});
      expect(given.filter((name) => !(name in ours.inputs))).toEqual([]);
      const required = Object.keys(ours.inputs).filter((name) => ours.inputs[name]?.required);
      expect(given).toEqual(expect.arrayContaining(required));
    }
  });

  test('reads only outputs that the action has', () => {
    for (const step of stepsIn(parse(text))) {
      const ours = oursOf(step);
      if (ours === undefined || step.id === undefined) continue;
      const names = text.matchAll(new RegExp(`steps\\.${step.id}\\.outputs\\.([\\w-]+)`, 'g'));
      for (const [, name = ''] of names) expect(Object.keys(ours.outputs)).toContain(name);
    }
  });

  test('puts no expression into a script', () => {
    for (const { run = '' } of stepsIn(parse(text))) expect(run).not.toContain('${{');
  });
});

const permissionsSchema = z.record(z.string(), z.enum(['read', 'write', 'none']));
const ownSchema = z.looseObject({
  permissions: permissionsSchema,
  jobs: z.record(z.string(), z.looseObject({ permissions: permissionsSchema.optional() })),
});
/** The jobs that may change something, and what. */
const writers: Readonly<Record<string, readonly string[]>> = {
  '.github/workflows/codeql.yml': ['analyze: security-events'],
  '.github/workflows/release.yml': [
    'publish: contents',
    'publish: id-token',
    'publish: attestations',
    'image: packages',
    'image: id-token',
    'image: attestations',
  ],
  '.github/workflows/scorecard.yml': ['analyze: id-token', 'analyze: security-events'],
};

describe.each(workflows)('%s', (path) => {
  const text = read(path);
  const workflow: unknown = parse(text);

  test('says at the top which permissions it needs, and runs on no event that lends its rights to others’ code', () => {
    expect(workflow).toMatchObject({ permissions: expect.anything() });
    expect(text).not.toContain('pull_request_target');
  });

  test('limits how long each job takes', () => {
    const { jobs } = z.object({ jobs: z.record(z.string(), z.looseObject({})) }).parse(workflow);
    for (const job of Object.values(jobs)) expect('uses' in job || 'timeout-minutes' in job).toBe(true);
  });
});

describe.each(own)('%s', (path) => {
  const workflow = ownSchema.parse(parse(read(path)));
  const jobs = Object.entries(workflow.jobs);

  test('may write only if a job says so itself, and runs no two of the same at once', () => {
    expect(Object.values(workflow.permissions).filter((access) => access === 'write')).toEqual([]);
    expect(workflow).toMatchObject({ concurrency: { group: expect.any(String) } });
  });

  test('writes what it has to, and no more', () => {
    const writing = jobs.flatMap(([name, { permissions = {} }]) =>
      Object.keys(permissions).flatMap((scope) => (permissions[scope] === 'write' ? [`${name}: ${scope}`] : [])),
    );
    expect(writing).toEqual(writers[path] ?? []);
  });

  test('leaves no token behind, and takes no packages from a cache that others can write to', () => {
    for (const { uses = '', with: inputs } of stepsIn(workflow)) {
      if (uses.startsWith('actions/checkout@')) expect(inputs).toMatchObject({ 'persist-credentials': false });
      if (uses.startsWith('actions/setup-node@')) expect(inputs).toMatchObject({ 'package-manager-cache': false });
    }
  });
});

test('a release is published by the job that ran every check before', () => {
  const { jobs } = ownSchema.parse(parse(read('.github/workflows/release.yml')));
  expect(jobs).toMatchObject({
    check: { needs: 'plan', if: "${{ needs.plan.outputs.tag != '' }}", uses: './.github/workflows/ci.yml' },
    publish: { needs: 'check', environment: 'release' },
  });
  expect(jobs.publish).not.toHaveProperty('if');
  expect(stepsIn(parse(read('.github/workflows/ci.yml'))).map(({ run }) => run)).toContain('bash .ci/run');
});

test('a release attests what its own job has built, and what is committed is just that', () => {
  const { jobs } = z
    .object({ jobs: z.object({ publish: z.object({ steps: z.array(stepSchema) }) }) })
    .parse(parse(read('.github/workflows/release.yml')));
  const { steps } = jobs.publish;
  const built = steps.findIndex(({ run = '' }) => run.includes('npm run build'));
  const attested = steps.findIndex(({ uses = '' }) => uses.startsWith('actions/attest@'));
  expect(built).toBeGreaterThanOrEqual(0);
  expect(attested).toBeGreaterThan(built);
  expect(steps[built]?.run).toMatch(/npm ci --ignore-scripts\n.*git status --porcelain.*exit 1/s);
});

test('updates of packages and actions wait until others have looked at them', () => {
  const { updates } = z
    .object({
      updates: z.array(
        z.object({ 'package-ecosystem': z.string(), cooldown: z.object({ 'default-days': z.number().min(7) }) }),
      ),
    })
    .parse(parse(read('.github/dependabot.yml')));
  expect(updates.map((each) => each['package-ecosystem'])).toEqual([
    'npm',
    'github-actions',
    'docker',
    'docker-compose',
  ]);
});

test('the examples use the published action, and each one is described', () => {
  const guide = read('docs/workflows.md');
  for (const path of examples) {
    const uses = stepsIn(parse(read(path))).filter((step) => oursOf(step) !== undefined);
    expect(uses.filter(({ uses = '' }) => uses.replace(/\/(server|record)@/, '@') !== published)).toEqual([]);
    expect(guide).toContain(path.replace('examples/', ''));
  }
});

test('actions of others are pinned to one commit each, whose version stands beside it', () => {
  const pins = new Map<string, Set<string>>();
  for (const path of workflows) {
    for (const [line, name = ''] of read(path).matchAll(/^[ -]+uses: ([^./\s][^@\s]*)@.*$/gm)) {
      if (oursOf({ uses: line.replace(/.*uses: /, '') }) !== undefined) continue;
      expect(line).toMatch(/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      pins.set(name, (pins.get(name) ?? new Set()).add(line.replace(/^[ -]+/, '')));
    }
  }
  expect(pins.size).toBeGreaterThan(0);
  for (const each of pins.values()) expect([...each]).toHaveLength(1);
});
