/** The only place that writes to the log of the step. Texts from outside must be inert before they get here. */
import * as core from '@actions/core';
import { withoutSecret } from './secret.ts';

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

const annotations = { error: core.error, warning: core.warning, notice: core.notice };

/** Annotates the step: GitHub shows that on the page of the workflow run too, ten annotations of each level. */
export function annotate(level: keyof typeof annotations, message: string, title?: string): void {
  annotations[level](withoutSecret(message), title === undefined ? {} : { title: withoutSecret(title) });
}
