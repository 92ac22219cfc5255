// Judges the Logs of a Run by what is measured outside the server. The server runs its own Evaluators; people judge on its pages.
import { call, readAll } from './humanloop.mjs';

const { EVALUATION_ID, RUN_ID } = process.env;

/** By the name of the Evaluator. */
const judges = {
  latency: (log) => log.provider_latency,
};

const { evaluators } = await call('GET', `/evaluations/${EVALUATION_ID}`);
const own = evaluators.filter(({ orchestrated, version }) => !orchestrated && version.name in judges);
const records = await readAll(`/evaluations/${EVALUATION_ID}/logs?run_id=${RUN_ID}`);
for (const { log } of records) {
  for (const { version } of own) {
    const judgment = judges[version.name](log);
    await call('POST', '/evaluators/log', { parent_id: log.id, path: version.path, judgment });
  }
}
console.log(`Judged ${records.length} Logs by ${own.map(({ version }) => version.name).join(', ') || 'no Evaluator'}.`);
