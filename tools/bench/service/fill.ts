/** Fills a database with more than could be sent in the time: copies of Logs and judgments that were sent. */
import { sql } from 'kysely';
import { openStore } from '../../../server/store/open.ts';
import { recount } from '../../../server/store/tallies.ts';
import { type Client, logOf, type Recorded, record } from './client.ts';

/** Logs that are written at once. */
const chunk = 10_000;

/** Of a hundred Logs, those from the first number up to the second are judged so. 50.5 stands for one of a hundred numbers, 0.125 for one that no two Logs have. */
const verdicts = [
  { evaluator: 0, judgment: true, from: 0, to: 90 },
  { evaluator: 0, judgment: false, from: 90, to: 100 },
  { evaluator: 1, judgment: true, from: 3, to: 100 },
  { evaluator: 1, judgment: false, from: 0, to: 3 },
  { evaluator: 2, judgment: 50.5, from: 0, to: 100 },
  { evaluator: 3, judgment: 0.125, from: 0, to: 100 },
  { evaluator: 4, judgment: 'friendly', from: 0, to: 60 },
  { evaluator: 4, judgment: 'curt', from: 60, to: 100 },
] as const;

/** Two completed Runs with so many Logs each, with the same datapoints, a Log of 2 kB and five judgments. The first is the control. */
export async function fill(client: Client, database: string, name: string, logsPerRun: number) {
  const recorded = await record(client, { name, datapoints: 1, evaluators: 5 });
  const template = await client.read<{ id: string }>('POST', '/flows/log', logOf(recorded, null, null, '#0#'));
  const picks: string[] = [];
  for (const { evaluator, judgment, from, to } of verdicts) {
    const body = { parent_id: template.id, id: recorded.evaluators[evaluator]?.id, judgment };
    const { id } = await client.read<{ id: string }>('POST', '/evaluators/log', body);
    picks.push(`('${id}', ${evaluator}, ${from}, ${to})`);
  }
  const runs = [await recorded.createRun(), await recorded.createRun()];
  await client.read('PATCH', `/evaluations/${recorded.evaluationId}/runs/${runs[0]?.id}`, { control: true });

  const store = await openStore(database);
  const execute = (statement: string) => store.write(({ db }) => sql.raw(statement).execute(db));
  try {
    for (let start = 0; start < logsPerRun; start += chunk) {
      const end = Math.min(start + chunk, logsPerRun);
      const numbers = `with recursive n(i) as (select ${start} union all select i + 1 from n where i < ${end - 1})`;
      await execute(`insert into datapoints (id, dataset_id, identity, content)
        ${numbers} select ${key('dp', name)}, dataset_id, ${key('dp', name)}, content
        from n cross join datapoints where datapoints.id = '${recorded.dataset.datapoints[0]?.id}'`);
      for (const run of runs) await copyLogs(execute, numbers, { name, run: run.id, template: template.id, picks });
    }
    for (const run of runs) {
      await execute(`update runs set logs_count = ${logsPerRun}, datapoints_count = ${logsPerRun}, status = 'completed',
        arrivals = arrivals + 1 where id = '${run.id}'`);
      await store.write(({ db }) => recount(db, run.id));
    }
  } finally {
    await store.close();
  }
  return { ...recorded, runs, logsPerRun };
}

/** Ascends with the number, as ids do with time. */
const key = (prefix: string, of: string) => `'${prefix}_${of}_' || cast(1000000000 + i as text)`;

async function copyLogs(
  execute: (statement: string) => Promise<unknown>,
  numbers: string,
  { name, run, template, picks }: { name: string; run: string; template: string; picks: readonly string[] },
): Promise<void> {
  await execute(`insert into logs (id, file_id, version_id, run_id, position, datapoint_id, status, content, fingerprint, created_at)
    ${numbers} select ${key('log', run)}, file_id, version_id, '${run}', i, ${key('dp', name)}, status,
      replace(content, '#0#', cast(i as text)), ${key('fp', run)}, created_at
    from n cross join logs where logs.id = '${template}'`);
  // 7919 is a prime: neighbours differ.
  await execute(`insert into judgments (id, log_id, run_id, evaluator_id, version_id, outcome, score, content, fingerprint, created_at)
    ${numbers}, pick(template, evaluator, low, high) as (values ${picks.join(', ')}),
      luck(i, h, own) as (select i, i % 1000 * 7919 % 100, i % 1000 * 7919 % 100 + i / 1048576.0 from n)
    select 'log_' || cast(evaluator as text) || ${key('j', run)}, ${key('log', run)}, '${run}', evaluator_id, version_id, outcome,
      case score when 50.5 then h when 0.125 then own end,
      replace(replace(content, '50.5', cast(h as text)), '0.125', cast(own as text)), ${key('fp', run)}, created_at
    from luck join pick on h >= low and h < high join judgments on judgments.id = template`);
}

export type Filled = Recorded & Awaited<ReturnType<typeof fill>>;
