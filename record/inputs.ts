/** The inputs of the step, checked at once, before anything is sent. */
import * as core from '@actions/core';
import * as z from 'zod/mini';
import { readEvent, withheldSecrets } from '../src/runner/event.ts';
import { checkInputs, decimal, input, Problem, readApiKey, readBaseUrl } from '../src/runner/inputs.ts';
import { keepSecret } from '../src/runner/secret.ts';
import { quote } from '../src/text/escape.ts';
import { RecordError } from './errors.ts';
import { readScoreSettings } from './score-settings.ts';

function readFile(text: string): string {
  if (text === '') throw new Problem('is missing. Set it to the path of a file with one line of JSON for each result.');
  return text;
}

/** It becomes the path of files, whose parts are between slashes. */
function readName(text: string): string {
  if (text === '') throw new Problem('is missing. Set it to a name such as support-bot/answers.');
  if (text.length <= 200 && !/\p{C}/u.test(text) && text.split('/').every((part) => part.trim() !== '')) return text;
  throw new Problem(
    `is ${quote(text, 60)}. A name has at most 200 characters, no control characters, and no empty part between slashes.`,
  );
}

function readVersion(text: string): string {
  const version = text || readEvent().headSha || process.env.GITHUB_SHA || '';
  if (version === '') throw new Problem('is missing, and no commit is known here. Set it to what was evaluated.');
  if (version.length <= 200 && !/\p{C}/u.test(version)) return version;
  throw new Problem(`is ${quote(version, 60)}. It has at most 200 characters, and no control characters.`);
}

const schema = z.object({
  results: input(readFile),
  evaluation: input(readName),
  version: input(readVersion),
  scores: input(readScoreSettings),
  'api-key': input(readApiKey),
  'base-url': input(readBaseUrl),
  'request-timeout-seconds': input(decimal(1, 600)),
});

export type Inputs = Readonly<z.output<typeof schema>>;

/**
 * Reads and checks the inputs. The key is masked before anything else.
 * @throws {RecordError} with all that is wrong
 */
export function readInputs(): Inputs {
  const key = core.getInput('api-key');
  if (key !== '') keepSecret(key);
  const texts = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, core.getInput(name)]));
  const { data, problems } = checkInputs(schema, texts, key === '' ? withheldSecrets() : undefined);
  if (data === undefined || problems.length > 0) throw new RecordError('Configuration error', problems);
  return data;
}
