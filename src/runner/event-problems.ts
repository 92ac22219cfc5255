/** What an event keeps from the inputs. */

import { plain } from '../text/escape.ts';
import { readEvent } from './event.ts';

/** Why the event does not tell which commit a status belongs to. */
export function unknownCommit(): string[] {
  const { name, headSha, problem } = readEvent(process.env);
  if (headSha) return [];
  const event = `"${plain(name, 60)}"`;
  return [
    `commit-sha is missing, and the event ${event} does not tell which commit the commit-status belongs to. ${problem ?? 'Set commit-sha to its full id.'}`,
  ];
}

/** Why the key is empty although the workflow may well pass it; undefined where GitHub withholds nothing. */
export function withheldSecrets(): string | undefined {
  const { dependabot, restricted } = readEvent(process.env);
  if (!restricted) return undefined;
  return dependabot
    ? 'api-key is empty because GitHub withholds Actions secrets from Dependabot. Store the key as a Dependabot secret too, or skip this step there.'
    : 'api-key is empty because GitHub withholds secrets from pull requests of forks. Skip this step there, or run it after the merge.';
}
