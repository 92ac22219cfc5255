/** The bots that the demo compares, as results: a line of JSON for each question. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chance } from './random.ts';

const evals = join(import.meta.dirname, '../examples/evals');

/** A change to the source of the bot in `examples/evals`, line by line. */
export type Edit = readonly (readonly [before: string, after: string])[];

/** Lets the bot of `examples/evals` answer its 60 questions, with some lines of its source changed. */
export function resultsOfBot(edit: Edit): string {
  const folder = mkdtempSync(join(tmpdir(), 'bot-'));
  try {
    cpSync(evals, folder, { recursive: true });
    const bot = join(folder, 'bot.mjs');
    const source = readFileSync(bot, 'utf8');
    for (const [before] of edit) if (!source.includes(before)) throw new Error(`The bot has no “${before}” to change.`);
    writeFileSync(
      bot,
      edit.reduce((text, [before, after]) => text.replace(before, () => after), source),
    );
    return execFileSync(process.execPath, [join(folder, 'results.mjs')], { encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * What a bot could have answered that is right more or less often: 120 questions of 200 nearly always, 80 by chance.
 *
 * All that is random follows from the key. With this one, the drop happens to be one that a single control Run does not show and three
 * do. docs/statistics.md says how often that is.
 *
 * @param run the same name gives the same answers
 * @param drop by how much the chance of the 80 is smaller, from 0 to ½
 */
export function resultsOfMoodyBot(run: string, drop = 0): string {
  return Array.from({ length: 200 }, (_, index) => {
    const isEasy = index % 5 < 3;
    const right = chance(`26/${run}/${index}`) < (isEasy ? 0.98 : 0.55 - drop);
    return `${JSON.stringify({ id: `q${index + 1}`, scores: { 'right-answer': right } })}\n`;
  }).join('');
}
