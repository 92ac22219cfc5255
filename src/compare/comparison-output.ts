/** The comparison as JSON, schema version 1: whole in a file, cut in an output. */
import type { GateResult } from '../gate/gate.ts';
import type { GateMode } from '../gate/mode.ts';
import { maxOutputBytes, type Outputs, writeJobFile } from '../runner/outputs.ts';

export interface ComparisonParts {
  readonly evaluationId: string;
  readonly runId: string;
  readonly controlRunId: string;
  readonly mode: GateMode;
  readonly confidence: number;
  readonly result: GateResult;
}

/**
 * Writes the comparison to a file of its own in RUNNER_TEMP.
 * @returns the outputs that hold it and name the file
 * @throws {RunnerFileError} where the file cannot be written
 */
export function publishComparison(parts: ComparisonParts): Pick<Outputs, 'comparison' | 'comparison-file'> {
  const comparison = comparisonOf(parts);
  const text = `${JSON.stringify(comparison, undefined, 2)}\n`;
  return {
    comparison: cut(comparison),
    'comparison-file': writeJobFile(`humanloop-comparison-${parts.runId}`, text),
  };
}

function comparisonOf({ evaluationId, runId, controlRunId, mode, confidence, result }: ComparisonParts) {
  return {
    version: 1,
    evaluation_id: evaluationId,
    run_id: runId,
    control_run_id: controlRunId,
    gate: result.gate,
    mode,
    verdict: result.verdict,
    confidence,
    family_size: result.familySize,
    evaluators: result.evaluators.map(({ row }) => row),
  };
}

/** Drops evaluators from the end until the JSON is small enough, and says how many. */
function cut(comparison: ReturnType<typeof comparisonOf>): string {
  const whole = JSON.stringify(comparison);
  if (Buffer.byteLength(whole) <= maxOutputBytes) return whole;
  const { evaluators, ...rest } = comparison;
  const size = Buffer.byteLength(JSON.stringify({ ...rest, evaluators: [], truncated: evaluators.length }));
  const kept = fitting(evaluators, size);
  return JSON.stringify({ ...rest, evaluators: kept, truncated: evaluators.length - kept.length });
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
