/** The only place where inputs are read: all of them, checked at once, before anything is sent. */
import * as core from '@actions/core';
import * as z from 'zod/mini';
import { ConfigurationError } from '../errors.ts';
import type { GateMode } from '../gate/mode.ts';
import * as rules from '../gate/settings.ts';
import { commitId } from '../text/commit-id.ts';
import { printable, quote } from '../text/escape.ts';
import { isLoopback } from '../text/loopback.ts';
import { defaults } from './defaults.ts';
import type { EvaluatorChoices } from './evaluators-input.ts';
import { holdsSecret, keepSecret } from './secret.ts';

/** What is wrong with one input; its name comes before the message. */
export class Problem extends Error {}

/** An input's schema: `read` turns its text, trimmed as `core.getInput` does, into its value, or throws a Problem. */
export function input<T>(read: (text: string) => T) {
  return z.transform((text: string, context): T => {
    try {
      return read(text);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      context.issues.push({ code: 'custom', message: error.message, input: text });
      return z.NEVER;
    }
  });
}

/** An input that may be left empty. */
function optional<T>(read: (text: string) => T) {
  return input((text) => (text === '' ? undefined : read(text)));
}

function oneOf<const T>(words: Readonly<Record<string, T>>, allowed = Object.keys(words).join(', ')) {
  return by({ read: (text) => (Object.hasOwn(words, text) ? words[text] : undefined), allowed });
}

function by<T>({ read, allowed }: rules.Rule<T>) {
  return (text: string): T => {
    const value = read(text);
    if (value === undefined) throw new Problem(`is ${quote(text, 60)}. Allowed are ${allowed}.`);
    return value;
  };
}

/** A decimal number between two bounds, which belong to it. */
export function decimal(least: number, most: number) {
  return by(rules.decimal(least, most));
}

export function readApiKey(text: string): string {
  if (text === '')
    throw new Problem(
      'is missing. Store the key as a secret and pass it: `api-key: ${{ secrets.HUMANLOOP_API_KEY }}`.',
    );
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw new Problem(
      'contains a line break, a space or another character that no API key has. Store the secret again without it.',
    );
  }
  return text;
}

function readId(text: string): string {
  if (/^[\w.:~-]{1,200}$/.test(text) && text !== '.' && text !== '..') return text;
  if (text === '')
    throw new Problem(
      'is missing. Set it to the id that the server gave, such as evr_… for an Evaluation or rn_… for a Run.',
    );
  throw new Problem(
    `is ${quote(text, 60)}. An id has only letters, digits, "_", "-", ".", ":" and "~", and at most 200 of them; it is neither "." nor "..".`,
  );
}

/** The text itself stays out of most messages: user information and queries may hold secrets. */
export function readBaseUrl(text: string): string {
  if (text === '') {
    throw new Problem(
      'is empty. Set it to the address of your server, such as https://humanloop.example.com/v5: the variable behind it may not be set.',
    );
  }
  const url = URL.parse(text);
  if (!url) throw new Problem('is not a URL. Set it to an address such as https://api.example.com/v5.');
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new Problem(`starts with ${quote(url.protocol, 60)}. Use https.`);
  if (url.username || url.password)
    throw new Problem('contains user information. Remove it: only api-key authenticates.');
  if (/[?#]/.test(text))
    throw new Problem('contains a query or a fragment. Remove it: paths are added to this address.');
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new Problem(
      'is plain http to a host that is not this machine: the API key would be sent without encryption. Use https.',
    );
  }
  return url.href.replace(/\/+$/, '');
}

const jobResults = {
  completed: 'completed',
  success: 'completed',
  cancelled: 'cancelled',
  failure: 'cancelled',
  skipped: 'cancelled',
} as const;
const allowedStatuses =
  'completed and cancelled, and the results of a job: success (completes the Run), failure and skipped (cancel it)';
/** The booleans of YAML 1.2, as `core.getBooleanInput` reads them. */
const booleans = { true: true, True: true, TRUE: true, false: false, False: false, FALSE: false };

const modes = { off: 'off', report: 'report', regression: 'regression', strict: 'strict' } as const satisfies Readonly<
  Record<GateMode | 'off', string>
>;

/** Empty is not off: without a gate, everything would pass unnoticed. */
function readGate(text: string): keyof typeof modes {
  if (text === '') throw new Problem('is empty. Set it to off, report, regression or strict, or leave it out.');
  return oneOf(modes)(text);
}

function readPullRequest(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new Problem(`is ${quote(text, 60)}. Set it to the number of a pull request.`);
}

function readCommit(text: string): string {
  if (commitId.test(text)) return text;
  throw new Problem(`is ${quote(text, 60)}. Set it to the full id of a commit, 40 or 64 hexadecimal digits.`);
}

const maxStatusName = 255;

/** GitHub refuses other names, and an earlier status would remain. */
function readStatusName(text: string): string {
  if (/[\u{10000}-\u{10FFFF}]/u.test(text)) {
    throw new Problem(
      `is ${quote(text, 60)}. GitHub takes no emoji and no other characters above U+FFFF. Remove them.`,
    );
  }
  if (text.length > maxStatusName) {
    throw new Problem(`has ${text.length} characters. GitHub takes at most ${maxStatusName}. Shorten it.`);
  }
  if (printable(text) !== text) {
    throw new Problem(`is ${quote(text, 60)}. It has a line break or another invisible character. Remove it.`);
  }
  return text;
}

const schema = z.object({
  'api-key': input(readApiKey),
  'evaluation-id': input(readId),
  'run-id': input(readId),
  status: optional(oneOf(jobResults, allowedStatuses)),
  control: optional(oneOf(booleans, 'true and false')),
  'wait-minutes': input(decimal(0, 7200)),
  'on-timeout': input(oneOf({ fail: 'fail', continue: 'continue' })),
  evaluators: input((text) => text),
  gate: input(readGate),
  'max-drop': input(by(rules.gateRules['max-drop'])),
  'max-missing': input(by(rules.gateRules['max-missing'])),
  confidence: input(by(rules.gateRules.confidence)),
  'control-runs': input(by(rules.gateRules['control-runs'])),
  'own-runs': input(by(rules.gateRules['own-runs'])),
  'control-run-id': optional(readId),
  'version-id': optional(readId),
  'show-datapoints': input(by(rules.integer(0, 100))),
  'show-text': input(oneOf(booleans, 'true and false')),
  comment: input(oneOf({ never: 'never', always: 'always', 'on-failure': 'on-failure' })),
  'comment-key': input((text) => text),
  'pull-request': optional(readPullRequest),
  'commit-status': optional(readStatusName),
  'commit-sha': optional(readCommit),
  'github-token': input((text) => text),
  'request-timeout-seconds': input(decimal(1, 600)),
  'base-url': input(readBaseUrl),
});

export type Inputs = Readonly<Omit<z.output<typeof schema>, 'evaluators'>> & {
  /** Those that are waited for and gated on; all if undefined. */
  readonly evaluators: EvaluatorChoices | undefined;
  /** The gate's inputs that differ from their defaults, as the workflow wrote them. */
  readonly gateTexts: Readonly<Record<string, string>>;
};

/**
 * Reads and checks the inputs of the step. The API key is masked before anything else.
 * @throws {ConfigurationError} with all that is wrong
 */
export async function readInputs(): Promise<Inputs> {
  const key = core.getInput('api-key');
  if (key !== '') keepSecret(key);

  const texts = Object.fromEntries(
    Object.keys(schema.shape).map((name) => [name, core.getInput(name) || (defaults[name] ?? '')]),
  );
  if (process.env.INPUT_GATE === undefined) texts.gate = 'off';
  // Given but empty: the key must not be sent to a host that nobody named.
  if (process.env['INPUT_BASE-URL'] !== undefined) texts['base-url'] = core.getInput('base-url');
  const withheld = key === '' ? (await event()).withheldSecrets() : undefined;
  const { data, problems, leaking } = checkInputs(schema, texts, withheld);
  problems.push(...crossFieldProblems(texts));
  if (texts['commit-status'] && !texts['commit-sha']) problems.push(...(await event()).unknownCommit());
  const evaluators =
    texts.evaluators && !leaking.includes('evaluators') ? await readEvaluators(texts.evaluators, problems) : undefined;
  if (data === undefined || problems.length > 0) throw new ConfigurationError(problems);
  const gateTexts = Object.fromEntries(
    Object.entries(texts).filter(([name]) => gateInputs.includes(name) && differs(texts, name)),
  );
  return { ...data, evaluators, gateTexts };
}

/**
 * The values of inputs by their names, and a sentence for each that is wrong. One with the key in it is not quoted, not even in part.
 * @param withheld why there is no key, if that is known
 * @returns `data` if each is right by itself; `leaking` are the inputs with the key in them
 */
export function checkInputs<T extends z.core.$ZodType>(
  schema: T,
  texts: Readonly<Record<string, string>>,
  withheld: string | undefined,
): { data: z.output<T> | undefined; problems: string[]; leaking: readonly string[] } {
  const leaking = Object.keys(texts).filter((name) => name !== 'api-key' && holdsSecret(texts[name] ?? ''));
  const problems = leaking.map((name) => `${name} has the API key in it. Only api-key may have it: correct ${name}.`);
  const { data, error } = z.safeParse(schema, texts);
  for (const { path, message } of error?.issues ?? []) {
    const name = String(path[0]);
    if (name === 'api-key' && withheld) problems.push(withheld);
    else if (!leaking.includes(name)) problems.push(`${name} ${message}`);
  }
  return { data, problems, leaking };
}

/** Its schemas are large, and few steps need it here. */
const event = () => import('./event.ts');

const gateInputs = [...Object.keys(rules.gateRules), 'control-run-id', 'evaluators'];

/** Whether an input says something else than its default. */
function differs(texts: Readonly<Record<string, string>>, name: string): boolean {
  const text = texts[name] ?? '';
  return text !== (defaults[name] ?? '') && Number(text) !== Number(defaults[name]);
}

/** The YAML library is loaded only if there is YAML. */
async function readEvaluators(text: string, problems: string[]): Promise<EvaluatorChoices | undefined> {
  const { parseEvaluators } = await import('./evaluators-input.ts');
  try {
    return parseEvaluators(text);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

/** What does not go together. Takes the texts, so that it is reported together with what is wrong by itself. */
function crossFieldProblems(texts: Readonly<Record<string, string>>): string[] {
  const problems: string[] = [];
  const isSet = (name: string) => differs(texts, name);
  const gated = texts.gate !== 'off';
  const waits = isSet('wait-minutes');

  if (!texts.status && !texts.control && !gated && !waits) {
    problems.push(
      'status, control, gate and wait-minutes are all unset, so there is nothing to do. Set at least one of them.',
    );
  }
  if (!gated) {
    const idle = gateInputs.filter((name) => isSet(name) && !(name === 'evaluators' && waits));
    for (const name of idle) {
      problems.push(
        `${name} is set, but gate is off, so it would have no effect. Set gate to report, regression or strict, or remove ${name}.`,
      );
    }
  }
  if (texts['control-run-id'] && texts['control-run-id'] === texts['run-id']) {
    problems.push('control-run-id and run-id name the same Run. A Run cannot be compared with itself.');
  }
  if (gated && texts['on-timeout'] === 'continue' && !texts['commit-status']) {
    problems.push(
      'on-timeout is continue and there is a gate, but no commit-status: the step would be green without proof. Set commit-status, which then stays pending.',
    );
  }
  return problems;
}

/** Whether something is to be shown on GitHub: most steps need nothing of it. */
export function tellsGitHub(inputs: Inputs): boolean {
  return inputs.comment !== 'never' || inputs['commit-status'] !== undefined;
}
