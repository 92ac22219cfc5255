/**
 * How often the gate fails Runs of known quality, beside simpler rules: `npm run simulate -- [--gates 4000] [--seed 1]`.
 * Prints Markdown. Every number in it follows from the seed.
 *
 * Most simulated evaluators pass or fail. On a datapoint, a Run of one evaluator got worse, got better or stayed; evaluators
 * of one gate are correlated, because on some datapoints they all see the same thing. Others give graded scores.
 */

import { parseArgs } from 'node:util';
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { decide, type Measurement } from '../src/gate/decide.ts';
import { mean } from '../src/gate/exact-sum.ts';
import { gradedTest } from '../src/gate/graded-test.ts';
import { mcnemar, tangoInterval } from '../src/gate/mcnemar.ts';
import { detectableDrop } from '../src/gate/power.ts';

const confidence = 0.95;
const controlPassRate = 0.8;
const discordance = 0.15;
const maxDrop = 0.02;
/** Share of datapoints on which all evaluators of a gate see the same. */
const correlation = 0.3;
const sizes = [50, 100, 200, 500, 1000, 2000];
const families = [1, 5, 10];

/** Counts of one evaluator: datapoints that got worse, got better and passed on both sides. */
interface Counts {
  worse: number;
  better: number;
  passedTwice: number;
}

/** Whether a gate fails. */
type Rule = (evaluators: readonly Counts[], n: number) => boolean;

const rules: readonly (readonly [name: string, rule: Rule])[] = [
  ['**this gate**', (evaluators, n) => verdictsOn(evaluators, n, maxDrop).includes('regressed')],
  [
    'any drop, rates rounded to 2 decimals',
    someEvaluator(
      (counts, n) => Math.round((100 * runPasses(counts)) / n) < Math.round((100 * controlPasses(counts)) / n),
    ),
  ],
  ['drop of more than 0.02', someEvaluator(({ worse, better }, n) => (worse - better) / n > 0.02 + 1e-9)],
  ['McNemar mid-p for each, uncorrected', someEvaluator((counts, n) => measure(counts, n, 0).pWorse <= 1 - confidence)],
  ['unpaired two-proportion z for each', someEvaluator(isUnpairedDrop)],
];

function someEvaluator(fails: (counts: Counts, n: number) => boolean): Rule {
  return (evaluators, n) => evaluators.some((counts) => fails(counts, n));
}

const controlPasses = ({ passedTwice, worse }: Counts): number => passedTwice + worse;
const runPasses = ({ passedTwice, better }: Counts): number => passedTwice + better;

/** The usual test of two independent proportions with a pooled variance, one-sided at 5 %. */
function isUnpairedDrop(counts: Counts, n: number): boolean {
  const pooled = (controlPasses(counts) + runPasses(counts)) / (2 * n);
  const standardError = Math.sqrt((2 * pooled * (1 - pooled)) / n);
  return (controlPasses(counts) - runPasses(counts)) / n > normalQuantile(confidence, 0, 1) * standardError;
}

function verdictsOn(evaluators: readonly Counts[], n: number, margin: number): string[] {
  const measurements = evaluators.map((counts) => measure(counts, n, margin));
  const { decisions } = decide(measurements, confidence);
  return Array.from(decisions.values(), ({ verdict }) => verdict);
}

const measured = new Map<string, Measurement>();

/** The gate's measurement of these counts, computed once. */
function measure({ worse, better }: Counts, n: number, margin: number): Measurement {
  const key = `${n} ${worse} ${better} ${margin}`;
  const known = measured.get(key);
  if (known) return known;
  const difference = (better - worse) / n;
  const measurement = { ...mcnemar(worse, better, n, confidence), n, difference, margin, range: 1, tolerance: 1e-9 };
  measured.set(key, measurement);
  return measurement;
}

/** Random numbers in [0, 1): "small fast counting" generator of 128 bits (C. Doty-Humphrey, PractRand). */
function createRandom(seed: number): () => number {
  let [a, b, c, counter] = [0, seed, seed ^ 0x9e3779b9, 1];
  const next = (): number => {
    const sum = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 20; i++) next();
  return next;
}

/**
 * One gate of `size` evaluators over n datapoints. The first has the true drop given, the others are unchanged.
 * @param changing share of datapoints whose result changes
 */
function simulate(random: () => number, n: number, size: number, drop: number, changing: number): Counts[] {
  const evaluators = Array.from({ length: size }, () => ({ worse: 0, better: 0, passedTwice: 0 }));
  for (let datapoint = 0; datapoint < n; datapoint++) {
    const common = random() < correlation ? random() : null;
    let trueDrop = drop;
    for (const counts of evaluators) {
      const outcome = common ?? random();
      const worse = (changing + trueDrop) / 2;
      if (outcome < worse) counts.worse++;
      else if (outcome < changing) counts.better++;
      else if (outcome < changing + controlPassRate - worse) counts.passedTwice++;
      trueDrop = 0;
    }
  }
  return evaluators;
}

function percent(share: number): string {
  return (100 * share).toFixed(share < 0.0995 ? 1 : 0);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

/** Shares of simulated gates that fail, in per cent: a row for each rule and number of evaluators. */
function rulesTable(random: () => number, gates: number, drop: number): string {
  const failures = new Map<string, number>();
  for (const size of families) {
    for (const n of sizes) {
      for (let gate = 0; gate < gates; gate++) {
        const evaluators = simulate(random, n, size, drop, discordance);
        for (const [name, fails] of rules) {
          const cell = `${size} ${name} ${n}`;
          failures.set(cell, (failures.get(cell) ?? 0) + (fails(evaluators, n) ? 1 : 0));
        }
      }
    }
  }
  const rows = families.flatMap((size) =>
    rules.map(([name]) => [
      `${size}: ${name}`,
      ...sizes.map((n) => percent((failures.get(`${size} ${name} ${n}`) ?? 0) / gates)),
    ]),
  );
  return table(['evaluators: rule', ...sizes.map((n) => `n = ${n}`)], rows);
}

/** Shares of gates with one evaluator for which a predicate on its verdict holds, in per cent. */
function shareRow(
  random: () => number,
  gates: number,
  drop: number,
  margin: number,
  fails: (verdict: string) => boolean,
): string[] {
  return sizes.map((n) => {
    let failed = 0;
    for (let gate = 0; gate < gates; gate++) {
      if (verdictsOn(simulate(random, n, 1, drop, discordance), n, margin).some(fails)) failed++;
    }
    return percent(failed / gates);
  });
}

/** The fewest datapoints at which `detectableDrop`, with the expected numbers of changes, falls to the drop. */
function datapointsFor(drop: number, size: number, changing: number): number {
  const detects = (n: number): boolean => {
    const interval = tangoInterval((n * (changing + drop)) / 2, (n * (changing - drop)) / 2, n, confidence);
    return detectableDrop(interval, maxDrop, size, confidence) <= drop;
  };
  let [tooFew, enough] = [1, 2];
  while (!detects(enough)) [tooFew, enough] = [enough, 2 * enough];
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (detects(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}

/** Datapoints by formula, and how often the gate then does fail. */
function datapointsTable(random: () => number, gates: number): string {
  const columns = [0.15, 0.3].flatMap((changing) => families.map((size) => ({ changing, size })));
  const rows = [0.03, 0.05, 0.1].map((drop) => [
    `${100 * drop} points`,
    ...columns.map(({ changing, size }) => {
      const n = datapointsFor(drop, size, changing);
      let failed = 0;
      for (let gate = 0; gate < gates; gate++) {
        if (verdictsOn(simulate(random, n, size, drop, changing), n, maxDrop)[0] === 'regressed') failed++;
      }
      return `${n} (${percent(failed / gates)} %)`;
    }),
  ]);
  return table(
    [
      'true drop',
      ...columns.map(({ changing, size }) => `${100 * changing} % change, ${size} evaluator${size > 1 ? 's' : ''}`),
    ],
    rows,
  );
}

/** A graded evaluator: what it says of a datapoint on one side, and where that lies. */
interface GradedKind {
  readonly name: string;
  /** Distance between the worst and the best score; null if scores have no limits. Then they lie around 1. */
  readonly range: number | null;
  /** Makes a datapoint: its score on a side, `drop` lower than it would be. */
  readonly datapoint: (random: () => number) => (drop: number) => number;
}

/** A standard normal number. */
const normal = (random: () => number): number => normalQuantile(random() || Number.EPSILON, 0, 1);

const gradedKinds: readonly GradedKind[] = [
  {
    name: 'normal',
    range: null,
    datapoint: (random) => {
      const level = 1 + 0.3 * normal(random);
      return (drop) => level - drop + 0.177 * normal(random);
    },
  },
  {
    // Student's t with 2 degrees of freedom has no variance: latencies, costs.
    name: 'heavy tails',
    range: null,
    datapoint: (random) => {
      const level = 1 + 0.3 * normal(random);
      return (drop) => level - drop + (0.08 * normal(random)) / Math.sqrt(-Math.log(random() || Number.EPSILON));
    },
  },
  {
    name: 'ratings from 1 to 5',
    range: 4,
    datapoint: (random) => {
      const level = 3.6 + 0.8 * normal(random);
      return (drop) => Math.min(5, Math.max(1, Math.round(level - 4 * drop + 0.7 * normal(random))));
    },
  },
  {
    // An option with a middle, of which few change.
    name: 'sparse',
    range: 1,
    datapoint: (random) => {
      const level = random() < 0.8 ? 1 : 0.5;
      return (drop) => Math.max(0, level - (random() < 0.05 + 2 * drop ? 0.5 : 0));
    },
  },
];
const gradedSizes = [10, 20, 50, 200];

/** Shares of gates with one graded evaluator that fail, in per cent. */
function gradedTable(random: () => number, gates: number, drop: number): string {
  const rows = gradedKinds.map(({ name, range, datapoint }) => [
    name,
    ...gradedSizes.map((n) => {
      let failed = 0;
      for (let gate = 0; gate < gates; gate++) {
        const differences = Float64Array.from({ length: n }, () => {
          const side = datapoint(random);
          return side(drop) - side(0);
        });
        const measurement = {
          ...gradedTest(differences, range, confidence),
          n,
          difference: mean(differences),
          margin: maxDrop * (range ?? 1),
          range,
          tolerance: 1e-9,
        };
        const { decisions } = decide([measurement], confidence);
        if (decisions.get(measurement)?.verdict === 'regressed') failed++;
      }
      return percent(failed / gates);
    }),
  ]);
  return table(['scores', ...gradedSizes.map((n) => `n = ${n}`)], rows);
}

const { values } = parseArgs({
  options: { gates: { type: 'string', default: '4000' }, seed: { type: 'string', default: '1' } },
});
const gates = Number(values.gates);
const seed = Number(values.seed);
if (!Number.isInteger(gates) || gates < 1)
  throw new Error(`--gates must be a whole number above 0, not ${values.gates}.`);
if (!Number.isInteger(seed)) throw new Error(`--seed must be a whole number, not ${values.seed}.`);
const random = createRandom(seed);

console.log(`Share of gates that fail, in per cent. ${gates} simulated gates a cell, seed ${seed}; control pass rate ${controlPassRate},
${100 * discordance} % of datapoints change their result, max-drop ${maxDrop}, confidence ${confidence}. With several evaluators, the first
one drops and the others are unchanged; they agree on ${100 * correlation} % of the datapoints.`);
for (const [title, drop] of [
  ['Nothing changed (every failure is a false alarm)', 0],
  ['True drop of 5 points', 0.05],
  ['True drop of 10 points', 0.1],
] as const) {
  console.log(`\n### ${title}\n\n${rulesTable(random, gates, drop)}`);
}
console.log(
  `\n### True drop of 1.5 points, less than max-drop; 1 evaluator\n\n${table(
    ['', ...sizes.map((n) => `n = ${n}`)],
    [['**this gate**', ...shareRow(random, gates, 0.015, maxDrop, (verdict) => verdict === 'regressed')]],
  )}`,
);
const strictFails = (verdict: string): boolean => verdict === 'regressed' || verdict === 'inconclusive';
console.log(
  `\n### Strict mode, nothing changed; 1 evaluator\n\n${table(
    ['max-drop', ...sizes.map((n) => `n = ${n}`)],
    [0.02, 0.05, 0.1].map((margin) => [`${margin}`, ...shareRow(random, gates, 0, margin, strictFails)]),
  )}`,
);
for (const [title, drop] of [
  ['Graded scores, nothing changed', 0],
  ['Graded scores, true drop of 5 % of the range, or of the mean', 0.05],
] as const) {
  console.log(`\n### ${title}\n\n${gradedTable(random, gates, drop)}`);
}
console.log(`\n### Datapoints at which the gate catches a drop four times out of five\n
By the formula of the detectable drop; in brackets, how often the simulated gate then caught it.\n\n${datapointsTable(random, gates)}`);
