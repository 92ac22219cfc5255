// Finds the Runs that people are still judging, and the commit that each is about, as answer.mjs noted it in the Logs.
import { appendFileSync } from 'node:fs';
import { call } from './humanloop.mjs';

const { EVALUATION_ID, GITHUB_OUTPUT } = process.env;

const { runs } = await call('GET', `/evaluations/${EVALUATION_ID}/runs`);
const found = [];
for (const { id, status } of runs) {
  if (status !== 'pending' && status !== 'running') continue;
  const { records } = await call('GET', `/evaluations/${EVALUATION_ID}/logs?run_id=${id}&size=1`);
  const commit = records[0]?.log.metadata?.commit_sha;
  if (commit) found.push({ 'run-id': id, 'commit-sha': commit });
}
appendFileSync(GITHUB_OUTPUT, `runs=${JSON.stringify(found)}\n`);
console.log(`${found.length} Runs are waiting.`);
