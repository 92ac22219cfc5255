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
  const [head, evaluators] = [headOf(parts), parts.result.evaluators.map(listed)];
  return {
    comparison: cut(head, evaluators),
    'comparison-file': writeJobFile(`humanloop-comparison-${parts.run.id}`, whole(head, evaluators)),
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
      changes: row.changes_count === null ? 'null' : isLong ? undefined : together(jsonOf(changes)),
      missing: JSON.stringify(row.missing_count === null ? null : missing),
    },
  };
}

/** One text of all pieces; undefined if they are more than an output holds. */
function together(pieces: Iterable<string>): string | undefined {
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (text.length > maxOutputBytes) return undefined;
  }
  return text;
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
    for (const piece of lists.changes === undefined ? jsonOf(changes) : [lists.changes]) yield inLines(piece);
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

/** The list of changes as JSON, in pieces. */
function* jsonOf(changes: Changes): Generator<string> {
  let items: Change[] = [];
  let start = '[';
  const piece = () => start + JSON.stringify(items).slice(1, -1);
  for (const change of changes) {
    if (items.push(change) < batch) continue;
    yield piece();
    [items, start] = [[], ','];
  }
  if (items.length > 0 || start === '[') yield piece();
  yield ']';
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
      { lists, name: 'changes', bytes: bytesOfList(lists.changes) } as const,
      { lists, name: 'missing', bytes: bytesOfList(lists.missing) } as const,
    ])
    .sort((a, b) => a.bytes - b.bytes);
  const fits = { changes: new Set<Listed['lists']>(), missing: new Set<Listed['lists']>() };
  for (const { lists, name, bytes } of shortestFirst) {
    size += bytes - 'null'.length;
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

/** Infinite if it is more than an output holds. */
function bytesOfList(json: string | undefined): number {
  return json === undefined ? Number.POSITIVE_INFINITY : Buffer.byteLength(json);
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
