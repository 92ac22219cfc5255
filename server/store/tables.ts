/** The columns of each table. JSON and times (ISO 8601, UTC) are texts; 0 and 1 are booleans. */

import type { Generated } from 'kysely';
import type { RunStatus } from '../rules/status.ts';

export type FileType = 'flow' | 'prompt' | 'evaluator' | 'dataset';
export type LogStatus = 'complete' | 'incomplete';

export interface Tables {
  keys: KeysTable;
  files: FilesTable;
  versions: VersionsTable;
  datapoints: DatapointsTable;
  dataset_datapoints: DatasetDatapointsTable;
  evaluations: EvaluationsTable;
  evaluation_evaluators: EvaluationEvaluatorsTable;
  runs: RunsTable;
  logs: LogsTable;
  judgments: JudgmentsTable;
  tallies: TalliesTable;
  score_sums: ScoreSumsTable;
  settings: SettingsTable;
}

export interface KeysTable {
  id: string;
  name: string;
  /** SHA-256 of the key, in hex. */
  hash: string;
  /** Names, joined by spaces. */
  scopes: string;
  created_at: string;
  revoked_at: string | null;
}

export interface FilesTable {
  id: string;
  type: FileType;
  path: string;
  description: string | null;
  readme: string | null;
  /** JSON: a list of texts. */
  tags: string | null;
  /** The version that is meant when none is named: the first one. */
  default_version_id: string;
  /** The version that was sent last. */
  latest_version_id: string;
  created_at: string;
  updated_at: string;
  /** JSON: a user. */
  created_by: string | null;
}

export interface VersionsTable {
  id: string;
  file_id: string;
  /** Follows from the content. It is the id as well, unless the version was imported with another. */
  identity: string;
  /** JSON: what answers show beside what is common to all files. */
  content: string;
  name: string | null;
  description: string | null;
  logs_count: number;
  created_at: string;
  created_by: string | null;
}

export interface DatapointsTable {
  id: string;
  dataset_id: string;
  /** Follows from the content, as that of a version does. */
  identity: string;
  /** JSON: `inputs`, `messages` and `target`. */
  content: string;
}

/** The datapoints of one version of a Dataset. */
export interface DatasetDatapointsTable {
  version_id: string;
  /** From 0 on. */
  position: number;
  datapoint_id: string;
}

export interface EvaluationsTable {
  id: string;
  file_id: string | null;
  name: string | null;
  created_at: string;
  updated_at: string;
  created_by: string | null;
}

/** An Evaluation lists an Evaluator once, in one version. */
export interface EvaluationEvaluatorsTable {
  evaluation_id: string;
  evaluator_id: string;
  version_id: string;
  /** Ascends in the order in which they were added. */
  position: number;
  /** Whether the server judges. */
  orchestrated: number;
  added_at: string;
}

export interface RunsTable {
  id: string;
  evaluation_id: string;
  dataset_version_id: string | null;
  version_id: string | null;
  orchestrated: number;
  /** `completed` and `cancelled` are final. */
  status: RunStatus;
  control: number;
  /** Null without a Dataset. */
  datapoints_count: number | null;
  logs_count: number;
  /** When the last Log or judgment arrived. */
  active_at: string;
  /** Grows with each arrival: statistics of the same number of them are the same. */
  arrivals: Generated<number>;
  /** JSON: the statistics of a Run that was imported without its Logs. Such a Run cannot be compared. */
  imported_stats: string | null;
  created_at: string;
  created_by: string | null;
}

export interface LogsTable {
  id: string;
  file_id: string;
  version_id: string;
  /** A Log belongs to one Run at most. */
  run_id: string | null;
  /** In its Run, from 0 on without gaps. */
  position: number | null;
  datapoint_id: string | null;
  status: LogStatus;
  /** JSON: the fields of the Log that never change once it is complete. */
  content: string;
  /** The same for the same content. */
  fingerprint: string;
  created_at: string;
}

export interface JudgmentsTable {
  id: string;
  log_id: string;
  /** That of the Log. */
  run_id: string | null;
  evaluator_id: string;
  version_id: string;
  /** Who judged, for an Evaluator of people. */
  judge: string | null;
  /** What statistics count: `error`, `null`, `number`, `text`, or the JSON of a boolean or of chosen options. */
  outcome: string;
  /** The judgment, if it is a number. */
  score: number | null;
  /** JSON: the fields of the Evaluator Log. */
  content: string;
  fingerprint: string;
  created_at: string;
}

/** How many judgments in a Run an Evaluator came to an outcome in. Those that became none stay, with 0. */
export interface TalliesTable {
  run_id: string;
  evaluator_id: string;
  outcome: string;
  /** Numbers are counted in several, by their size; 0 otherwise. See `bucketOf`. */
  bucket: number;
  /** The number that all of them were, from the first one on. Null if they differed, or are none. */
  score: number | null;
  count: number;
}

/** The exact sums of the numbers that an Evaluator gave in a Run. See `Sums`. */
export interface ScoreSumsTable {
  run_id: string;
  evaluator_id: string;
  scale: number;
  /** In decimal digits, of which there may be a thousand. */
  sum: string;
  squares: string;
}

/** What the server keeps for itself. */
export interface SettingsTable {
  name: 'page secret';
  value: string;
}
