/**
 * `record` adds files, Runs, Logs and judgments, and cancels; `gate` also sets the status and the control of a Run; `judge`
 * reads, and gives the judgments of people; `admin` may do everything. All of them read.
 */
export const scopes = ['record', 'gate', 'judge', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/** What a request does, as far as keys differ in it. */
export type Action = 'read' | 'record' | 'judge' | 'gate' | 'add to a completed Run';

const allowed: Record<Scope, readonly Action[]> = {
  record: ['read', 'record', 'judge'],
  gate: ['read', 'record', 'judge', 'gate', 'add to a completed Run'],
  judge: ['read', 'judge'],
  admin: ['read', 'record', 'judge', 'gate', 'add to a completed Run'],
};

export function may(scopesOfKey: readonly Scope[], action: Action): boolean {
  return scopesOfKey.some((scope) => allowed[scope].includes(action));
}

/** The scopes that allow an action, for messages. */
export function scopesFor(action: Action): readonly Scope[] {
  return scopes.filter((scope) => allowed[scope].includes(action));
}

export function isScope(text: string): text is Scope {
  return scopes.some((scope) => scope === text);
}
