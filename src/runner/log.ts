/** The only place that writes to the log of the step. Texts from outside must be inert before they get here. */
import * as core from '@actions/core';
import { withoutSecret } from './secret.ts';

interface Properties {
  readonly title?: string;
}

export function info(text: string): void {
  core.info(withoutSecret(text));
}

/** The lines up to `endGroup` are folded below the title. */
export function startGroup(title: string): void {
  core.startGroup(withoutSecret(title));
}

export function endGroup(): void {
  core.endGroup();
}

/** Annotations by level: GitHub shows them on the page of the workflow run too, ten of each level for a step. */
export const annotate = {
  error: (message: string, properties: Properties = {}) => core.error(withoutSecret(message), cleaned(properties)),
  warning: (message: string, properties: Properties = {}) => core.warning(withoutSecret(message), cleaned(properties)),
  notice: (message: string, properties: Properties = {}) => core.notice(withoutSecret(message), cleaned(properties)),
};

function cleaned({ title }: Properties): Properties {
  return title === undefined ? {} : { title: withoutSecret(title) };
}
