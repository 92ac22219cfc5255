import { readFileSync } from 'node:fs';

const maxLines = 20;

/** The end of what the server wrote. */
export function lastLines(log: string): string {
  try {
    return readFileSync(log, 'utf8').trimEnd().split(/\r?\n/).slice(-maxLines).join('\n') || '(nothing)';
  } catch {
    return '(its log is gone)';
  }
}
