import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { EvaluationState } from './data.ts';

/** Writes what the official exporter would have written of an Evaluation: the server imports it, and keeps the ids. */
export async function writeExport(folder: string, state: EvaluationState): Promise<void> {
  async function write(path: string, ...lines: readonly object[]): Promise<void> {
    const file = join(folder, 'files', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, lines.map((line) => JSON.stringify(line)).join('\n'));
  }
  const { evaluation, prompt, dataset, datapoints, runs, records } = state;
  // The other versions, and the Evaluators, come with what refers to them.
  for (const file of [prompt, dataset]) await write(`${file.id}/file.json`, file);
  await write(`${dataset.id}/datapoints/${dataset.version_id}/0.jsonl`, ...datapoints);
  const own = `${prompt.id}/evaluations/${evaluation.id}`;
  await write(`${own}/evaluation.json`, evaluation);
  await write(`${own}/stats.json`, { run_stats: [] });
  for (const run of runs) await write(`${own}/runs/${run.id}`, run);
  await write(`${own}/logs/0.jsonl`, ...records);
}
