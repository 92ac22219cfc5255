/** A folder as the official exporter writes it: answers of the API on disk, with ids of the real service. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const time = '2025-03-03T08:00:00.123456';
const user = { id: 'usr_1', email_address: 'ada@example.com', full_name: 'Ada' };

const version = (type: string, id: string, path: string, version_id: string, content: object) => ({
  path,
  id,
  directory_id: 'dir_1',
  name: path.split('/').at(-1),
  version_id,
  type,
  environments: [],
  created_at: time,
  updated_at: time,
  created_by: user,
  last_used_at: time,
  version_logs_count: 7,
  total_logs_count: 7,
  inputs: [],
  ...content,
});

const spec = {
  arguments_type: 'target_required',
  return_type: 'boolean',
  evaluator_type: 'external',
  attributes: { code: 'return log["output"] == testcase["target"]["output"]' },
};

export const flows = [1, 2].map((n) =>
  version('flow', 'fl_real', 'support/bot', `flv_${n}`, {
    attributes: { n },
    created_at: `2025-03-0${n}T08:00:00.123456`,
  }),
);
const evaluator = version('evaluator', 'ev_real', 'support/exact', 'evv_1', { spec });
export const dataset = version('dataset', 'ds_real', 'support/questions', 'dsv_1', { datapoints_count: 3 });
const tool = version('tool', 'tl_real', 'support/search', 'tlv_1', { function: null });

export const datapoints = [0, 1, 2].map((n) => ({
  id: `dp_${n}`,
  inputs: { question: `Question ${n}` },
  messages: null,
  target: { output: `Answer ${n}` },
}));

const run = (id: string, flow: object, more: object) => ({
  id,
  dataset,
  version: flow,
  orchestrated: false,
  added_at: time,
  created_at: time,
  created_by: user,
  status: 'completed',
  control: false,
  ...more,
});

export const runs = [run('run_control', flows[0] ?? {}, { control: true }), run('run_new', flows[1] ?? {}, {})];

export const stats = {
  status: 'completed',
  progress: 'Done',
  report: null,
  run_stats: runs.map(({ id }) => ({
    run_id: id,
    version_id: 'flv_1',
    batch_id: null,
    num_logs: 3,
    status: 'completed',
    evaluator_stats: [
      {
        evaluator_version_id: 'evv_1',
        total_logs: 3,
        num_judgments: 2,
        num_nulls: 0,
        num_errors: 1,
        num_true: 1,
        num_false: 1,
      },
    ],
  })),
};

const records = runs.flatMap(({ id: run_id, version: flow }) =>
  datapoints.map((datapoint, index) => {
    const id = `log_${run_id}_${index}`;
    return {
      run_id,
      datapoint,
      log: {
        id,
        flow,
        output: index === 0 ? 'Answer 0' : 'wrong',
        inputs: datapoint.inputs,
        start_time: null,
        created_at: time,
        log_status: 'complete',
        source_datapoint_id: datapoint.id,
        evaluator_logs: [],
      },
      evaluator_logs: [
        {
          id: `${id}_judgment`,
          parent_id: id,
          evaluator,
          judgment: index === 2 ? null : index === 0,
          error: index === 2 ? 'It failed.' : null,
          created_at: time,
          evaluator_logs: [],
        },
      ],
    };
  }),
);

/** Writes the export. Without its Logs, as the exporter does unless it is told to. */
export function writeExport(folder: string, { hasLogs }: { hasLogs: boolean }): void {
  const write = (path: string, ...lines: unknown[]) => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n'));
  };
  for (const [file, versions] of [
    [flows[0], flows],
    [evaluator, [evaluator]],
    [dataset, [dataset]],
    [tool, [tool]],
  ] as const) {
    const own = `files/${file?.id}`;
    write(`${own}/file.json`, file);
    write(`${own}/deployments.json`, []);
    for (const each of versions) write(`${own}/versions/${each.version_id}`, each);
  }
  write('files/ds_real/datapoints/dsv_1/1.jsonl', datapoints[1], datapoints[2]);
  write('files/ds_real/datapoints/dsv_1/0.jsonl', datapoints[0]);

  const own = 'files/fl_real/evaluations/evr_real';
  const evaluators = [{ version: evaluator, orchestrated: false, added_at: time }];
  const described = { name: 'nightly', file_id: 'fl_real', created_at: time, updated_at: time, created_by: user };
  write(`${own}/evaluation.json`, {
    id: 'evr_real',
    runs_count: 2,
    evaluators,
    ...described,
    url: 'https://example.com',
  });
  write(`${own}/stats.json`, stats);
  for (const each of runs) write(`${own}/runs/${each.id}`, each);
  if (!hasLogs) return;
  write(`${own}/logs/0.jsonl`, ...records.slice(3));
  write(`${own}/logs/1.jsonl`, ...records.slice(0, 3));
  const outside = { ...records[0]?.log, id: 'log_outside', source_datapoint_id: null };
  write('files/fl_real/logs/0.jsonl', outside, ...records.map(({ log }) => log));
  write('files/tl_real/logs/0.jsonl', { id: 'log_tool', tool, created_at: time, evaluator_logs: [] });
}
