/** What a step has to report, before anybody decides how it looks. All parts but the ids are optional. */
import type { Change } from '../gate/changes.ts';
import type { ComparisonRow, Remedy } from '../gate/gate.ts';
import type { GateMode } from '../gate/mode.ts';
import type { Verdict as RowVerdict } from '../gate/verdict.ts';
import type { FinalStatus } from '../run-status.ts';

export type Verdict = RowVerdict | 'no control' | 'is control';

/** One evaluator, compared. */
export interface Row extends ComparisonRow {
  /** About how many datapoints would settle an inconclusive verdict; null if that cannot be said. */
  readonly settle?: number | null;
  /** A drop above `max_drop` that a few rises hide in mean and median. */
  readonly hidden_drop?: boolean;
  /** What settles it if it is incomplete. */
  readonly remedy?: Remedy | null;
}

/** The part of `comparison`, schema version 1, that the report reads. */
export interface Comparison {
  readonly confidence: number;
  /** Evaluators that the adjustment for several tests allows for. */
  readonly family_size: number;
  readonly evaluators: readonly Row[];
}

/** A version of a Prompt, Flow, … as the API names it; any part may be missing. */
export interface EvaluatedVersion {
  readonly type: string | null;
  readonly version_id: string | null;
  readonly version_name: string | null;
  /** Of the Prompt, Flow, … itself, as is the path. */
  readonly name: string | null;
  readonly path: string | null;
}

/** What one evaluator said of a datapoint: how it changed, that the Run has no judgment of it, or that it did not change. */
export type Cell = Change | 'missing' | undefined;

/** A datapoint that changed for the worse by at least one evaluator. */
export interface ChangedDatapoint {
  readonly id: string;
  /** In the order of the columns. */
  readonly cells: readonly Cell[];
  readonly texts?: DatapointTexts;
}

/** What was asked and answered. A text that is missing is undefined. */
export interface DatapointTexts {
  readonly input: string | undefined;
  readonly target: string | undefined;
  readonly control: string | undefined;
  readonly run: string | undefined;
  /** What evaluators say of the Run's Log besides their judgments. */
  readonly reasons: readonly { readonly versionId: string; readonly text: string }[];
}

export interface ChangedDatapoints {
  /** Evaluators, and by each how many datapoints changed for the worse and for the better. */
  readonly columns: readonly { readonly row: Row; readonly worse: number; readonly better: number }[];
  /** Evaluators that are concerned too and have no column. */
  readonly furtherEvaluators: number;
  /** The worst first, and last those that are only missing on the Run. */
  readonly shown: readonly ChangedDatapoint[];
  /** Datapoints that changed for the worse by any of the evaluators that are concerned. */
  readonly worse: number;
  /** Datapoints that did not, and are missing on the Run. */
  readonly notJudged: number;
  /** The texts were asked for, whether or not they could be read. */
  readonly hasTexts?: boolean;
}

export interface GateReport {
  readonly mode: GateMode;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** null if there is none, say because the gate was skipped. */
  readonly verdict: Verdict | null;
  /** Why the gate was skipped. */
  readonly reason?: string;
  readonly controlRunId?: string;
  /** Where both stand side by side. Linked only if it is https; the log shows it in any case. */
  readonly comparePage?: string | undefined;
  /** What the Run and the control evaluate, as far as the API says. */
  readonly runVersion?: EvaluatedVersion | null;
  readonly controlVersion?: EvaluatedVersion | null;
  readonly comparison?: Comparison;
  readonly changed?: ChangedDatapoints | undefined;
  /** The first warning about the comparison itself, which stops a promotion. */
  readonly warning?: string | undefined;
  /** Of both sides, with those that were pooled. */
  readonly comparedRunIds?: readonly string[];
  /** The gate's inputs as the workflow set them, for those who want to repeat the comparison. */
  readonly inputs?: Readonly<Record<string, string>>;
}

/** What the step asked of the Run with its status and control, and got. */
interface UpdateOutcome {
  readonly status?: FinalStatus;
  readonly control?: boolean;
  /** false if the Run was as requested already. */
  readonly changed: boolean;
}

export interface WaitProgress {
  readonly minutes: number;
  readonly finished: boolean;
  /** The time was over first. (A wait also ends unfinished if somebody completed the Run.) */
  readonly timedOut?: boolean;
  /** Log–evaluator pairs. */
  readonly judged: number;
  readonly expected: number;
  readonly evaluators: readonly { readonly path: string; readonly judged: number; readonly expected: number }[];
}

export interface Report {
  readonly evaluationId: string;
  readonly runId: string;
  /** Linked only if it is https. */
  readonly evaluationUrl?: string | undefined;
  /** Where people judge the Run. */
  readonly judgePage?: string | undefined;
  readonly workflowRunUrl?: string;
  /** Which workflow and job report, and which leg of its matrix. */
  readonly origin?: { readonly workflow: string; readonly job: string; readonly leg?: string };
  /** The commit that the step is about; undefined if the event does not say. */
  readonly commit?: string | undefined;
  /** What a workflow writes behind `uses` and `base-url` to run this action against this server again. */
  readonly action?: { readonly uses: string; readonly baseUrl: string };
  readonly update?: UpdateOutcome;
  readonly wait?: WaitProgress;
  readonly gate?: GateReport;
  /** The gate passed and this step made the Run the control. */
  readonly promoted?: boolean;
  /** What makes the step fail, unless it is the verdict, which is in `gate`. */
  readonly error?: { readonly title: string; readonly message: string; readonly advice: string } | undefined;
  readonly warnings?: readonly string[];
  readonly notes?: readonly string[];
}

/** Whether the gate, rather than an error, is why the step fails. */
export function failsStep(gate: GateReport | undefined): gate is GateReport {
  return gate?.outcome === 'failed' && gate.mode !== 'report' && gate.verdict !== null;
}

/** Whether the step ends red: something failed, or the gate did and is not only there to report. */
export function hasFailed({ error, gate }: Report): boolean {
  return error !== undefined || failsStep(gate);
}
