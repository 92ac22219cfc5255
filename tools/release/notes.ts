/** What CHANGELOG.md says of a version. */
export interface ReleaseNotes {
  /** When it is released, as YYYY-MM-DD; `undefined` while it is `unreleased`. */
  readonly date: string | undefined;
  /** Markdown below the heading. */
  readonly text: string;
}

/**
 * Reads the entry below the heading `## 1.2.3 – 2026-01-31` or `## 1.2.3 – unreleased`. Throws if the version has no
 * entry, if the entry is empty, or if its heading has neither a date nor `unreleased`.
 */
export function releaseNotes(changelog: string, version: string): ReleaseNotes {
  const entry = changelog.split(/^## /m).find((each) => each.split(/\s/, 1)[0] === version);
  if (entry === undefined) {
    throw new Error(
      `CHANGELOG.md has no entry for ${version}, the version in package.json. Add "## ${version} – unreleased".`,
    );
  }
  const [heading = '', ...lines] = entry.split(/\r?\n/);
  const [, when = ''] = /^\S+ – (\S+)$/.exec(heading) ?? [];
  if (when !== 'unreleased' && !isDate(when)) {
    throw new Error(
      `CHANGELOG.md says "## ${heading}". A release needs its date there, as in "## ${version} – 2026-01-31"; until then, write "unreleased".`,
    );
  }
  const text = lines.join('\n').trim();
  if (text === '') throw new Error(`CHANGELOG.md says nothing about ${version}. Write down what changed for users.`);
  return { date: when === 'unreleased' ? undefined : when, text };
}

function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
}
