/** The API key, which must not get out of the process anywhere but in its header. */
import * as core from '@actions/core';
import { minSecretLength } from '../text/redact.ts';

let secret = '';

/** Has the runner mask the key in the log, and remembers it for what the runner does not mask. */
export function keepSecret(key: string): void {
  core.setSecret(key);
  secret = key.length >= minSecretLength ? key : '';
}

/** Whether a text has the key in it. */
export function holdsSecret(text: string): boolean {
  return secret !== '' && text.includes(secret);
}

/** A text for outputs, log, summary or GitHub, without the key. */
export function withoutSecret(text: string): string {
  return secret === '' ? text : text.replaceAll(secret, '***');
}
