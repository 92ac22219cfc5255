// Finds the reviews that are not settled: Runs about a commit, as answer.mjs wrote it into the Logs, whose status is still pending.
// The status of the Run does not show that: a server may complete it with the last judgment.
import { appendFileSync } from 'node:fs';
import { call } from './humanloop.mjs';

const { EVALUATION_ID, GITHUB_API_URL, GITHUB_OUTPUT, GITHUB_REPOSITORY, GITHUB_TOKEN } = process.env;

/** The newest ones. */
const maxRuns = 100;

async function isPending(commit) {
  const path = `/repos/${GITHUB_REPOSITORY}/commits/${commit}/statuses?per_page=100`;
  const response = await fetch(GITHUB_API_URL + path, {
    headers: { Authorization: `token ${GITHUB_TOKEN}` },
    signal: AbortSignal.timeout(60_000),
  });
  // The commit is gone.
  if (response.status === 422) return false;
  if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
  // The newest comes first.
  const status = (await response.json()).find(({ context }) => context === 'Human review');
  return status?.state === 'pending';
}

const { runs } = await call('GET', `/evaluations/${EVALUATION_ID}/runs`);
const newest = runs
  .filter(({ status }) => status !== 'cancelled')
  .sort((a, b) => (a.created_at < b.created_at ? 1 : -1))
  .slice(0, maxRuns);
const found = [];
for (const { id } of newest) {
  const { records } = await call('GET', `/evaluations/${EVALUATION_ID}/logs?run_id=${id}&size=1`);
  const commit = records[0]?.log.metadata?.commit_sha;
  if (commit && (await isPending(commit))) found.push({ 'run-id': id, 'commit-sha': commit });
}
appendFileSync(GITHUB_OUTPUT, `runs=${JSON.stringify(found)}\n`);
console.log(`${found.length} reviews are open.`);
