/** What the gate of the action says of two Runs: the same rules, on what is stored of them. */

import { gateDefaults } from '../../src/gate/defaults.ts';
import { whyNotGated } from '../../src/gate/evaluator.ts';
import { decideGate, type GateResult, type GateSettings } from '../../src/gate/gate.ts';
import { type PoolableRun, type PoolSizes, runsToPool } from '../../src/gate/pooled-runs.ts';
import { addLog, collectLogs, type IncomingLog } from '../../src/gate/run-logs.ts';
import { type GateInput, gateRules, type Rule } from '../../src/gate/settings.ts';
import type { Access } from '../store/access.ts';
import { listJudgments } from '../store/judgments.ts';
import { listDatapointsOfLogs, listOutcomes } from '../store/pages.ts';
import type { Store } from '../store/store.ts';
import type { NumberedRun, ShownEvaluator } from './evaluations.ts';
import { type Said, shortened } from './words.ts';

/** The Runs that are compared. Each side is led by the Run that it is about. */
export interface Opponents {
  readonly run: NumberedRun;
  readonly control: NumberedRun;
}

/** How a gate is set: as the names of the action's inputs say it. */
export interface Settings {
  /** What differs from the defaults of the action, as it was written. */
  readonly texts: Readonly<Partial<Record<GateInput | 'gate', string>>>;
  /** By name, what is wrong with them, in a sentence: then the values are the defaults. */
  readonly problems: ReadonlyMap<string, string>;
  readonly gate: GateSettings;
  readonly pool: PoolSizes;
}

export const gateInputs = ['confidence', 'max-drop', 'max-missing', 'control-runs', 'own-runs'] as const;
/** `report` says what `regression` would. */
export const modes = ['regression', 'strict'] as const;

/** Reads an address as the action reads its inputs. An empty value is the default. */
export function readSettings(query: Readonly<Record<string, string>>): Settings {
  const texts: Partial<Record<GateInput | 'gate', string>> = {};
  const problems = new Map<string, string>();
  const refuse = (name: string, text: string, allowed: string) =>
    problems.set(name, `${name} is “${shortened(text, 60)}”. Allowed are ${allowed}.`);
  const given = (name: GateInput | 'gate', preset: string) => {
    const text = query[name]?.trim() || preset;
    if (text !== preset) texts[name] = text;
    return text;
  };
  const read = <T>(name: GateInput, rule: Rule<T>): T => {
    const preset = gateDefaults[name];
    const text = given(name, preset);
    const value = rule.read(text);
    if (value === undefined) refuse(name, text, rule.allowed);
    const used = value ?? rule.read(preset);
    if (used === undefined) throw new RangeError(`The default of ${name} is not allowed.`);
    return used;
  };
  const word = given('gate', 'regression');
  const mode = modes.find((each) => each === word);
  if (mode === undefined && word !== 'report') refuse('gate', word, 'report, regression, strict');
  return {
    texts,
    gate: {
      mode: mode ?? 'regression',
      maxDrop: read('max-drop', gateRules['max-drop']),
      maxMissing: read('max-missing', gateRules['max-missing']),
      confidence: read('confidence', gateRules.confidence),
    },
    pool: { control: read('control-runs', gateRules['control-runs']), own: read('own-runs', gateRules['own-runs']) },
    problems,
  };
}

export interface Decision {
  /** Its evaluators are in the order of those given. */
  readonly result: GateResult;
  /** What stands for each side, the leading Run first. */
  readonly sides: { readonly control: readonly NumberedRun[]; readonly run: readonly NumberedRun[] };
  /** Why no further Runs were pooled, if somebody may wonder. */
  readonly notes: readonly string[];
  /** The datapoints that an Evaluator which is not gated judged of the Run, by the id of the Evaluator. */
  readonly judged: ReadonlyMap<string, readonly string[]>;
}

/**
 * Decides as the action does. What changed is listed also if other versions of an Evaluator judged the Run than the control, which
 * the action does not compare.
 */
export async function decide(
  access: Access,
  store: Store,
  {
    evaluators,
    runs,
    opponents,
    settings,
  }: {
    readonly evaluators: readonly ShownEvaluator[];
    /** All of the Evaluation. */
    readonly runs: readonly NumberedRun[];
    readonly opponents: Opponents;
    readonly settings: Settings;
  },
): Promise<Decision> {
  const byId = new Map(runs.map((each) => [each.run.id, each]));
  const { id: runId } = opponents.run.run;
  const { id: controlId } = opponents.control.run;
  const poolable = { run: poolableOf(opponents.run), control: poolableOf(opponents.control) };
  const pooled = runsToPool(poolable, runs.map(poolableOf), settings.pool);
  const ids = {
    control: [controlId, ...pooled.control.map(({ id }) => id)],
    run: [runId, ...pooled.run.map(({ id }) => id)],
  } as const;
  const compared = [...ids.run, ...ids.control];
  const of = JSON.stringify([
    [ids, compared.map((id) => byId.get(id)?.run.arrivals)],
    evaluators.map(({ version }) => version.id),
    settings.gate,
  ]);
  const known = knownIn(store);
  const { result, judged } = known.get(of) ?? (await compute());
  const numbered = (some: readonly string[]) => some.flatMap((id) => byId.get(id) ?? []);
  return {
    result,
    judged,
    notes: pooled.notes,
    sides: { control: numbered(result.controlRunIds), run: numbered(result.runIds) },
  };

  async function compute(): Promise<Known> {
    const collected = collectLogs(
      evaluators.map(({ evaluator }) => evaluator),
      compared,
    );
    const judged = new Map<string, readonly string[]>();
    const samples = new Map<string, readonly string[]>();
    let logs = 0;
    for (const id of compared) {
      const outcomes = await listOutcomes(access, id);
      const datapoints = await listDatapointsOfLogs(access, id);
      logs += datapoints.size;
      addRun(collected, id, datapoints, outcomes, evaluators);
      samples.set(id, [...datapoints.keys().take(sampleSize)]);
      if (id === runId) {
        for (const { version, evaluator } of evaluators) {
          if (whyNotGated(evaluator) === null) continue;
          const own = outcomes.filter(({ evaluator_id }) => evaluator_id === version.file_id);
          const found = own.flatMap(({ logIds }) => logIds.flatMap((logId) => datapoints.get(logId) ?? []));
          judged.set(version.file_id, [...new Set(found)].sort());
        }
      }
    }
    const decideWith = (obstacles: ReadonlyMap<string, string>) =>
      decideGate(
        evaluators.map(({ evaluator, version }) => ({ evaluator, obstacle: obstacles.get(version.file_id) ?? null })),
        collected,
        ids,
        settings.gate,
      );
    const whatever = decideWith(new Map());
    const obstacles = await findObstacles(access, samples.get(runId) ?? [], samples.get(controlId) ?? []);
    const result = obstacles.size === 0 ? whatever : withLists(decideWith(obstacles), whatever);
    const made = { result, judged, logs };
    remember(known, of, made);
    return made;
  }
}

/** Logs of a Run that are looked at for the versions which judged them. */
const sampleSize = 20;

/** By the id of the Evaluator, why it cannot be compared: none of the versions that judged the Run judged the control. */
async function findObstacles(
  access: Access,
  runLogs: readonly string[],
  controlLogs: readonly string[],
): Promise<Map<string, string>> {
  const [ofRun, ofControl] = [await listJudges(access, runLogs), await listJudges(access, controlLogs)];
  const obstacles = new Map<string, string>();
  for (const [id, versions] of ofRun) {
    const others = ofControl.get(id);
    if (others === undefined || !versions.isDisjointFrom(others)) continue;
    const words = `The control was judged by version ${[...others].join(', ')}, the Run by version ${[...versions].join(', ')}.`;
    obstacles.set(id, `${words} Let the same version judge both.`);
  }
  return obstacles;
}

/** The versions that judged some Logs, by the ids of their Evaluators. */
async function listJudges(access: Access, logIds: readonly string[]): Promise<Map<string, Set<string>>> {
  const judgments = Map.groupBy(await listJudgments(access, logIds), ({ evaluator_id }) => evaluator_id);
  return new Map(
    judgments.entries().map(([id, own]) => [id, new Set(own.map(({ version_id }) => version_id))] as const),
  );
}

function withLists(result: GateResult, { evaluators }: GateResult): GateResult {
  return {
    ...result,
    evaluators: result.evaluators.map((each, index) => {
      const { changes, missing } = evaluators[index] ?? each;
      return { ...each, changes, missing };
    }),
  };
}

type Outcomes = Awaited<ReturnType<typeof listOutcomes>>;

/** The Logs of one Run, as a gate takes them. */
function addRun(
  collected: ReturnType<typeof collectLogs>,
  runId: string,
  datapoints: ReadonlyMap<string, string>,
  outcomes: Outcomes,
  evaluators: readonly ShownEvaluator[],
): void {
  const gated = evaluators.filter(({ evaluator }) => whyNotGated(evaluator) === null);
  const listed = new Map(gated.map(({ version }) => [version.file_id, version]));
  const judgments = new Map<string, NonNullable<IncomingLog['evaluator_logs']>[number][]>();
  for (const { evaluator_id, logIds, ...outcome } of outcomes) {
    const version = listed.get(evaluator_id);
    if (version === undefined) continue;
    const said = { evaluator: { version_id: version.id, path: version.path }, ...saidOf(outcome) };
    for (const id of logIds) {
      const own = judgments.get(id);
      if (own === undefined) judgments.set(id, [said]);
      else own.push(said);
    }
  }
  for (const [id, datapoint] of datapoints) {
    addLog(collected, {
      run_id: runId,
      log: { id },
      datapoint: { id: datapoint },
      evaluator_logs: judgments.get(id) ?? [],
    });
  }
}

/** What statistics count, as it was judged. */
function saidOf({ outcome, score, error }: Pick<Outcomes[number], 'outcome' | 'score' | 'error'>): Said {
  if (error !== null) return { judgment: null, error };
  if (outcome === 'number') return { judgment: score, error: null };
  return { judgment: outcome === 'text' ? null : JSON.parse(outcome), error: null };
}

function poolableOf({ run }: NumberedRun): PoolableRun {
  const { id, status, created_at, created_by, version_id, dataset_version_id, datapoints_count } = run;
  return {
    id,
    status,
    created_at,
    created_by: created_by === null ? null : JSON.parse(created_by),
    version: { version_id },
    dataset: { version_id: dataset_version_id, datapoints_count },
  };
}

interface Known {
  readonly result: GateResult;
  readonly judged: Decision['judged'];
  /** Of all Runs that were read. */
  readonly logs: number;
}

/** Bounded: what is forgotten is computed again. */
const maxKnownLogs = 200_000;
const knownByStore = new WeakMap<Store, Map<string, Known>>();

/** People go from one page of a comparison to the next, while its Runs stay as they are. */
function knownIn(store: Store): Map<string, Known> {
  const known = knownByStore.get(store) ?? new Map<string, Known>();
  knownByStore.set(store, known);
  return known;
}

/** Forgets the oldest until there is room. */
function remember(known: Map<string, Known>, of: string, made: Known): void {
  known.set(of, made);
  let logs = [...known.values()].reduce((sum, each) => sum + each.logs, 0);
  for (const [key, each] of known) {
    if (logs <= maxKnownLogs) return;
    known.delete(key);
    logs -= each.logs;
  }
}
