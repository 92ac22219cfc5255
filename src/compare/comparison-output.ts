/** The comparison as JSON, schema version 1: whole in a file, cut in an output. */
import type { Change, Changes } from '../gate/changes.ts';
import type { ComparisonRow, DecidedEvaluator, GateResult } from '../gate/gate.ts';
import type { GateMode } from '../gate/mode.ts';
import type { Run } from '../humanloop/run.ts';
import { maxOutputBytes, type Outputs, writeJobFile } from '../runner/outputs.ts';

export interface ComparisonParts {
  readonly evaluationId: string;
  readonly run: Run;
  readonly control: Run;
  /** Head of the pull request, or commit of the event. */
  readonly commit: string | null;
  readonly mode: GateMode;
  readonly confidence: number;
  readonly result: GateResult;
}

/**
 * Writes the comparison to a file of its own in RUNNER_TEMP.
 * @returns the outputs that hold it and name the file
 * @throws {RunnerFileError} if the file cannot be written
 */
export function publishComparison(parts: ComparisonParts): Pick<Outputs, 'comparison' | 'comparison-file'> {
  const evaluators = parts.result.evaluators.map(listed);
  return {
    comparison: cut(headOf(parts), evaluators),
    'comparison-file': writeJobFile(`humanloop-comparison-${parts.run.id}`, whole(headOf(parts), evaluators)),
  };
}

/** An evaluator with its lists as JSON, which both are made of. */
interface Listed {
  readonly row: ComparisonRow;
  readonly changes: Changes;
  readonly lists: {
    /** Undefined if they are more than an output holds: then they are written piece by piece. */
    readonly changes: string | undefined;
    readonly missing: string;
  };
}

/** The names of its members alone take more. */
const leastBytesOfChange = 100;

function listed({ row, changes, missing }: DecidedEvaluator): Listed {
  const isLong = changes.length * leastBytesOfChange > maxOutputBytes;
  return {
    row,
    changes,
    lists: {
      changes: isLong ? undefined : JSON.stringify(row.changes_count === null ? null : [...changes]),
      missing: JSON.stringify(row.missing_count === null ? null : missing),
    },
  };
}

/** All but the evaluators. */
function headOf({ evaluationId, run, control, commit, mode, confidence, result }: ComparisonParts) {
  return {
    version: 1,
    evaluation_id: evaluationId,
    run_id: run.id,
    run_ids: result.runIds,
    run_version: publicVersionOf(run),
    control_run_id: control.id,
    control_run_ids: result.controlRunIds,
    control_version: publicVersionOf(control),
    commit,
    gate: result.gate,
    mode,
    verdict: result.verdict,
    confidence,
    family_size: result.familySize,
  };
}

/** What a Run evaluates, as far as the API says. */
export function versionOf({ version }: Run) {
  if (!version) return null;
  const { type = null, version_id = null, version_name = null, name = null, path = null } = version;
  return { type, version_id, version_name, name, path };
}

/** What a Run evaluates, with the fields that schema version 1 has. */
function publicVersionOf(run: Run) {
  const version = versionOf(run);
  if (!version) return null;
  const { version_name: _, ...fields } = version;
  return fields;
}

/** Piece by piece, because the changes of a large Run are long: one of them a line. */
function* whole(head: object, evaluators: readonly Listed[]): Generator<string> {
  yield `${opened(head)},\n"evaluators": [`;
  for (const [index, { row, changes, lists }] of evaluators.entries()) {
    yield `${index > 0 ? ',' : ''}\n${opened(row)},\n"changes": `;
    yield* lists.changes === undefined ? inBatches(changes) : [inLines(lists.changes)];
    yield `,\n"missing": ${lists.missing}\n}`;
  }
  yield ']\n}\n';
}

/** An object as JSON, without the bracket that ends it. */
function opened(value: object): string {
  return JSON.stringify(value, undefined, 2).slice(0, -'\n}'.length);
}

/** Changes that are written at once: each by itself would take longer, and all together too much memory. */
const batch = 500;

function* inBatches(changes: Changes): Generator<string> {
  let items: Change[] = [];
  let separator = '[';
  for (const change of changes) {
    if (items.push(change) < batch) continue;
    yield separator + inLines(JSON.stringify(items)).slice(1, -1);
    [items, separator] = [[], ','];
  }
  yield `${items.length > 0 ? separator + inLines(JSON.stringify(items)).slice(1, -1) : ''}]`;
}

/** A list of changes with a line for each. Within a text, JSON has no such quotation mark. */
function inLines(json: string): string {
  return json.replaceAll('{"datapoint_id":', '\n{"datapoint_id":');
}

/** Cuts whole lists, the longest first, and then evaluators from the end, until the JSON is small enough. */
function cut(head: object, evaluators: readonly Listed[]): string {
  const withoutLists = evaluators.map(({ row }) => ({ ...row, changes: null, missing: null }));
  let size = bytesOf({ ...head, evaluators: withoutLists });
  if (size > maxOutputBytes) {
    const kept = fitting(withoutLists, bytesOf({ ...head, evaluators: [], truncated: evaluators.length }));
    return JSON.stringify({ ...head, evaluators: kept, truncated: evaluators.length - kept.length });
  }
  const shortestFirst = evaluators
    .flatMap(({ lists }) => [
      { lists, name: 'changes', bytes: Buffer.byteLength(lists.changes ?? '') } as const,
      { lists, name: 'missing', bytes: Buffer.byteLength(lists.missing) } as const,
    ])
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => a.bytes - b.bytes);
  const fits = { changes: new Set<Listed['lists']>(), missing: new Set<Listed['lists']>() };
  for (const { lists, name, bytes } of shortestFirst) {
    size += bytes;
    if (size > maxOutputBytes) break;
    fits[name].add(lists);
  }
  const texts = evaluators.map(({ row, lists }) => {
    const changes = fits.changes.has(lists) ? lists.changes : null;
    const missing = fits.missing.has(lists) ? lists.missing : null;
    return `${JSON.stringify(row).slice(0, -1)},"changes":${changes},"missing":${missing}}`;
  });
  return `${JSON.stringify(head).slice(0, -1)},"evaluators":[${texts.join()}]}`;
}

function bytesOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/**
 * The first items of a list, as many as fit into an output as JSON.
 * @param size bytes that the output has beside them
 */
export function fitting<T>(items: readonly T[], size = 2): T[] {
  let sum = size;
  const end = items.findIndex((item) => {
    sum += Buffer.byteLength(JSON.stringify(item)) + 1;
    return sum > maxOutputBytes;
  });
  return end < 0 ? [...items] : items.slice(0, end);
}
