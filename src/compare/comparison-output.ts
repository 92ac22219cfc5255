/** The comparison as JSON, schema version 1: whole in a file, cut in an output. */
import type { Change, Changes } from '../gate/changes.ts';
import type { GateResult } from '../gate/gate.ts';
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
  return {
    comparison: cut(parts),
    'comparison-file': writeJobFile(`humanloop-comparison-${parts.run.id}`, whole(parts)),
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
function* whole(parts: ComparisonParts): Generator<string> {
  yield `${opened(headOf(parts))},\n"evaluators": [`;
  for (const [index, { row, changes, missing }] of parts.result.evaluators.entries()) {
    yield `${index > 0 ? ',' : ''}\n${opened(row)},\n"changes": `;
    yield* row.changes_count === null ? ['null'] : linesOf(changes);
    yield `,\n"missing": ${JSON.stringify(row.missing_count === null ? null : missing)}\n}`;
  }
  yield ']\n}\n';
}

/** An object as JSON, without the bracket that ends it. */
function opened(value: object): string {
  return JSON.stringify(value, undefined, 2).slice(0, -'\n}'.length);
}

/** Changes that are written at once: each by itself would take longer, and all together too much memory. */
const batch = 500;

function* linesOf(changes: Changes): Generator<string> {
  let [items, before, left]: [Change[], string, number] = [[], '[\n', changes.length];
  for (const change of changes) {
    items.push(change);
    left -= 1;
    if (items.length < batch && left > 0) continue;
    // A line for each. Within a text, JSON has no such quotation mark.
    const lines = JSON.stringify(items).slice(1, -1).replaceAll('},{"datapoint_id":', '},\n{"datapoint_id":');
    yield before + lines;
    [items, before] = [[], ',\n'];
  }
  yield changes.length === 0 ? '[]' : ']';
}

/** Cuts whole lists, the longest first, and then evaluators from the end, until the JSON is small enough. */
function cut(parts: ComparisonParts): string {
  const head = headOf(parts);
  const { evaluators } = parts.result;
  const withoutLists = evaluators.map(({ row }) => ({ ...row, changes: null, missing: null }));
  let size = bytesOf({ ...head, evaluators: withoutLists });
  if (size > maxOutputBytes) {
    const kept = fitting(withoutLists, bytesOf({ ...head, evaluators: [], truncated: evaluators.length }));
    return JSON.stringify({ ...head, evaluators: kept, truncated: evaluators.length - kept.length });
  }
  const shortestFirst = evaluators
    .flatMap(({ row, changes, missing }, index) => [
      ...(row.changes_count === null ? [] : [{ name: 'changes', index, bytes: bytesOfChanges(changes) } as const]),
      ...(row.missing_count === null ? [] : [{ name: 'missing', index, bytes: bytesOf(missing) } as const]),
    ])
    .sort((a, b) => a.bytes - b.bytes);
  const fits = { changes: new Set<number>(), missing: new Set<number>() };
  for (const { name, index, bytes } of shortestFirst) {
    size += bytes;
    if (size > maxOutputBytes) break;
    fits[name].add(index);
  }
  return JSON.stringify({
    ...head,
    evaluators: evaluators.map(({ row, changes, missing }, index) => ({
      ...row,
      changes: fits.changes.has(index) ? [...changes] : null,
      missing: fits.missing.has(index) ? missing : null,
    })),
  });
}

function bytesOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** The names of its members alone take more. */
const leastBytesOfChange = 100;

/** Infinite if they are more than an output holds: then the rest is not counted. */
function bytesOfChanges(changes: Changes): number {
  if (changes.length * leastBytesOfChange > maxOutputBytes) return Number.POSITIVE_INFINITY;
  let bytes = '[]'.length;
  for (const change of changes) {
    bytes += bytesOf(change) + 1;
    if (bytes > maxOutputBytes) return Number.POSITIVE_INFINITY;
  }
  return bytes;
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
