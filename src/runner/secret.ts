/** The API key, which must not get out of the process anywhere but in its header. */
import * as core from '@actions/core';

let secret = '';

/** A word this short is no secret, and blotting it out would damage ordinary text. */
const shortestSecret = 8;

/** Has the runner mask the key in the log, and remembers it for what the runner does not mask. */
export function keepSecret(key: string): void {
  core.setSecret(key);
  secret = key.length >= shortestSecret ? key : '';
}

/** Whether a text has the key in it. */
export function holdsSecret(text: string): boolean {
  return secret !== '' && text.includes(secret);
}

/** A text for outputs, log, summary or GitHub, without the key. */
export function withoutSecret(text: string): string {
  return secret === '' ? text : text.replaceAll(secret, '***');
}
