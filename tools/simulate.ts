/**
 * How often the gate fails Runs of known quality, beside simpler rules: `npm run simulate -- [--gates 4000] [--seed 1]`.
 * Prints Markdown. Every number in it follows from the seed.
 *
 * Most simulated evaluators pass or fail. On a datapoint, a Run of one evaluator got worse, got better or stayed; evaluators
 * of one gate are correlated, because on some datapoints they all see the same thing. Others give graded scores.
 */

import { parseArgs } from 'node:util';
import { decide, type Measurement } from '../src/gate/decide.ts';
import { normalQuantile } from '../src/gate/distributions/normal.ts';
import { mean } from '../src/gate/exact-sum.ts';
import { gradedTest } from '../src/gate/graded-test.ts';
import { mcnemar, tangoInterval } from '../src/gate/mcnemar.ts';
import { pairScores } from '../src/gate/pairing.ts';
import { chanceOfBeing, leniencyTests } from '../src/gate/pooling.ts';
import { detectableDrop } from '../src/gate/power.ts';
import { maxChance } from '../src/gate/sides.ts';

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

/** The usual test of two independent proportions with a pooled variance, one-sided at 5%. */
function isUnpairedDrop(counts: Counts, n: number): boolean {
  const pooled = (controlPasses(counts) + runPasses(counts)) / (2 * n);
  const standardError = Math.sqrt((2 * pooled * (1 - pooled)) / n);
  return (controlPasses(counts) - runPasses(counts)) / n > normalQuantile(confidence) * standardError;
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
      return `${n} (${percent(failed / gates)}%)`;
    }),
  ]);
  return table(
    [
      'true drop',
      ...columns.map(({ changing, size }) => `${100 * changing}% change, ${size} evaluator${size > 1 ? 's' : ''}`),
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
const normal = (random: () => number): number => normalQuantile(random() || Number.EPSILON);

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

/** Datapoints of a control and what a change does to them: how likely each passes on the two sides. */
interface Passing {
  readonly control: Float64Array;
  readonly run: Float64Array;
}

/** So many Runs of the control's version and of this one are compared together. */
interface Pool {
  readonly controls: number;
  readonly runs: number;
}

const pools: readonly Pool[] = [
  { controls: 1, runs: 1 },
  { controls: 3, runs: 1 },
  { controls: 5, runs: 1 },
  { controls: 2, runs: 2 },
  { controls: 5, runs: 2 },
];
const pooledSizes = [50, 100, 200, 500];

/** Of a lively datapoint: how often it passes, and what share of all is lively. So ${100 * discordance}% differ between two Runs of one version. */
const lively = { passRate: 0.7, share: discordance / (2 * 0.7 * 0.3) };

/**
 * Datapoints that pass with 80%: the lively ones with 70%, and the others always or never.
 * @param drop spread over the lively ones, or in one piece: some of all break for good
 */
function passing(random: () => number, n: number, drop: number, inOnePiece: boolean): Passing {
  const always = controlPassRate - lively.share * lively.passRate;
  const control = Float64Array.from({ length: n }, () => {
    const kind = random();
    if (kind < lively.share) return lively.passRate;
    return kind < lively.share + always ? 1 : 0;
  });
  const broken = drop / controlPassRate;
  const run = control.map((share) => {
    if (inOnePiece) return random() < broken ? 0 : share;
    return share === lively.passRate ? share - drop / lively.share : share;
  });
  return { control, run };
}

/** Means of several Runs by datapoint. */
function sample(random: () => number, shares: Float64Array, runs: number): Float64Array {
  return shares.map((share) => {
    let passes = 0;
    for (let run = 0; run < runs; run++) passes += random() < share ? 1 : 0;
    return passes / runs;
  });
}

/**
 * Means of a side by datapoint, over the Runs that stand for it: those that would make the gate more lenient than the leading
 * one does are left out.
 * @param runs the leading one first
 * @param tests of such Runs in the whole gate
 */
function sideOf(
  [leading = new Float64Array(0), ...others]: readonly Float64Array[],
  lenient: 'worse' | 'better',
  tests: number,
): Float64Array {
  const isLenient = (runs: readonly Float64Array[]) =>
    chanceOfBeing(lenient, passOrFail, pairScores(leading, meanOf(runs), new Set(), null)) < maxChance / tests;
  const kept: Float64Array[] = [];
  for (const run of others) {
    if (!isLenient([run]) && !isLenient([...kept, run])) kept.push(run);
  }
  return meanOf([leading, ...kept]);
}

const passOrFail = { type: 'boolean' } as const;

/** Several Runs of each side. */
function samples(random: () => number, shares: Passing, { controls, runs }: Pool): [Float64Array, Float64Array] {
  const draw = (side: Float64Array, amount: number) => Array.from({ length: amount }, () => sample(random, side, 1));
  const tests = leniencyTests(controls - 1) + leniencyTests(runs - 1);
  return [sideOf(draw(shares.control, controls), 'worse', tests), sideOf(draw(shares.run, runs), 'better', tests)];
}

/** Whether a gate of one evaluator fails, given the means of both sides. */
function fails(control: Float64Array, run: Float64Array, level = confidence): boolean {
  const n = control.length;
  const differences = run.map((after, datapoint) => after - (control[datapoint] ?? Number.NaN));
  const isPassOrFail = [...control, ...run].every((score) => score === 0 || score === 1);
  const test = isPassOrFail
    ? mcnemar(count(differences, -1), count(differences, 1), n, level)
    : gradedTest(differences, 1, level);
  const measurement = { ...test, n, difference: mean(differences), margin: maxDrop, range: 1, tolerance: 1e-9 };
  return decide([measurement], level).decisions.get(measurement)?.verdict === 'regressed';
}

function count(differences: Float64Array, value: number): number {
  return differences.filter((difference) => difference === value).length;
}

/** A row for each pool: shares of gates that fail, in per cent. */
function poolTable(random: () => number, gates: number, drop: number, inOnePiece: boolean): string {
  const rows = pools.map(({ controls, runs }) => [
    `${controls}/${runs}`,
    ...pooledSizes.map((n) => {
      let failed = 0;
      for (let gate = 0; gate < gates; gate++) {
        const shares = passing(random, n, drop, inOnePiece);
        if (fails(...samples(random, shares, { controls, runs }))) failed++;
      }
      return percent(failed / gates);
    }),
  ]);
  return table(['control Runs / own Runs', ...pooledSizes.map((n) => `n = ${n}`)], rows);
}

/** What a gate of 200 datapoints does in less than ideal conditions; the Run passes as the control does, or drops by 5 points. */
const conditions: readonly (readonly [name: string, isRed: (random: () => number, shares: Passing) => boolean])[] = [
  ['as it is', (random, { control, run }) => fails(sample(random, control, 1), sample(random, run, 1))],
  [
    'confidence 0.90 instead of 0.95',
    (random, { control, run }) => fails(sample(random, control, 1), sample(random, run, 1), 0.9),
  ],
  [
    'a judge that is wrong 5% of the time',
    (random, { control, run }) => fails(judged(random, control, 1), judged(random, run, 1)),
  ],
  [
    'the same judge, three judgments of each Log',
    (random, { control, run }) => fails(judged(random, control, 3), judged(random, run, 3)),
  ],
  [
    'five datapoints each share 30% of their luck',
    (random, { control, run }) => fails(related(random, control, 0.3), related(random, run, 0.3)),
  ],
  [
    'five datapoints each share all of their luck',
    (random, { control, run }) => fails(related(random, control, 1), related(random, run, 1)),
  ],
  ['4% of the judgments are missing on the Run: incomplete', (random, { run }) => isIncomplete(random, run.length)],
];

/** One Run whose Logs are judged so many times, wrongly in 5% of them. */
function judged(random: () => number, shares: Float64Array, judgments: number): Float64Array {
  return sample(random, shares, 1).map((truth) => {
    let passes = 0;
    for (let at = 0; at < judgments; at++) passes += random() < 0.05 ? 1 - truth : truth;
    return passes / judgments;
  });
}

/**
 * One Run in which five datapoints at a time are related, such as the turns of one conversation.
 * @param common the share of their luck that two of them have in common
 */
function related(random: () => number, shares: Float64Array, common: number): Float64Array {
  let luck = 0;
  return shares.map((share, datapoint) => {
    if (datapoint % 5 === 0) luck = random();
    return (random() < Math.sqrt(common) ? luck : random()) < share ? 1 : 0;
  });
}

/** Whether more judgments are missing than max-missing allows by default. */
function isIncomplete(random: () => number, n: number): boolean {
  let missing = 0;
  for (let datapoint = 0; datapoint < n; datapoint++) if (random() < 0.04) missing++;
  return missing > 0.05 * n;
}

function conditionsTable(random: () => number, gates: number): string {
  const drops = [0, 0.05];
  const rows = conditions.map(([name, isRed]) => [
    name,
    ...drops.map((drop) => {
      let red = 0;
      for (let gate = 0; gate < gates; gate++) if (isRed(random, passing(random, 200, drop, false))) red++;
      return percent(red / gates);
    }),
  ]);
  return table(['n = 200', 'nothing changed', 'true drop of 5 points'], rows);
}

const tries = [1, 3, 5];

/**
 * A drop of 5 points at 200 datapoints, and somebody who runs again until the gate is green: shares that are still red, in per
 * cent. Alone, every try is a new lot; pooled, the Runs of the change come together.
 */
function triesTable(random: () => number, gates: number): string {
  const ways = [
    ['1/1, each try by itself', 1, false],
    ['5/1, each try by itself', 5, false],
    ['5 control Runs, all tries together', 5, true],
  ] as const;
  const rows = ways.map(([name, controls, together]) => [
    name,
    ...tries.map((most) => {
      let red = 0;
      for (let gate = 0; gate < gates; gate++) {
        const shares = passing(random, 200, 0.05, false);
        const controlRuns = Array.from({ length: controls }, () => sample(random, shares.control, 1));
        // The newest leads.
        const attempts: Float64Array[] = [];
        let green = false;
        while (!green && attempts.length < most) {
          attempts.unshift(sample(random, shares.run, 1));
          const runs = together ? attempts : attempts.slice(0, 1);
          const tests = leniencyTests(controls - 1) + leniencyTests(runs.length - 1);
          green = !fails(sideOf(controlRuns, 'worse', tests), sideOf(runs, 'better', tests));
        }
        if (!green) red++;
      }
      return percent(red / gates);
    }),
  ]);
  return table(['', ...tries.map((most) => `after ${most} ${most === 1 ? 'try' : 'tries'}`)], rows);
}

function meanOf(runs: readonly Float64Array[]): Float64Array {
  const [first = new Float64Array(0)] = runs;
  return first.map((_, datapoint) => runs.reduce((sum, run) => sum + (run[datapoint] ?? 0), 0) / runs.length);
}

/** The best of five Runs was made the control: shares of unchanged Runs that fail, in per cent. */
function luckyControlTable(random: () => number, gates: number): string {
  const rows = [
    ['compared with it alone', false],
    ['compared with all five', true],
  ] as const;
  return table(
    ['', 'n = 200'],
    rows.map(([name, pooled]) => {
      let failed = 0;
      for (let gate = 0; gate < gates; gate++) {
        const shares = passing(random, 200, 0, false);
        const controls = Array.from({ length: 5 }, () => sample(random, shares.control, 1));
        controls.sort((a, b) => mean(b) - mean(a));
        const standing = pooled ? controls : controls.slice(0, 1);
        if (fails(sideOf(standing, 'worse', leniencyTests(standing.length - 1)), sample(random, shares.run, 1)))
          failed++;
      }
      return [name, percent(failed / gates)];
    }),
  );
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
${100 * discordance}% of datapoints change their result, max-drop ${maxDrop}, confidence ${confidence}. With several evaluators, the first
one drops and the others are unchanged; they agree on ${100 * correlation}% of the datapoints.`);
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
  ['Graded scores, true drop of 5% of the range, or of the mean', 0.05],
] as const) {
  console.log(`\n### ${title}\n\n${gradedTable(random, gates, drop)}`);
}
console.log(`\n### Datapoints at which the gate catches a drop four times out of five\n
By the formula of the detectable drop; in brackets, how often the simulated gate then caught it.\n\n${datapointsTable(random, gates)}`);

console.log(`\n## Several Runs of one version compared together\n
One evaluator. ${Math.round(100 * lively.share)}% of the datapoints are lively: they pass ${100 * lively.passRate}% of the time, the others always or never. So ${100 * discordance}% differ between\ntwo Runs of one version. Control Runs / Runs of the change.`);
for (const [title, drop, inOnePiece] of [
  ['Pooled, nothing changed', 0, false],
  ['Pooled, true drop of 3 points, spread over the lively datapoints', 0.03, false],
  ['Pooled, true drop of 5 points, spread over the lively datapoints', 0.05, false],
  ['Pooled, true drop of 5 points in one piece: some datapoints break for good', 0.05, true],
  ['Pooled, true drop of 10 points, spread over the lively datapoints', 0.1, false],
] as const) {
  console.log(`\n### ${title}\n\n${poolTable(random, gates, drop, inOnePiece)}`);
}
console.log(`\n### Re-run until green: a true drop of 5 points at n = 200, still red\n\n${triesTable(random, gates)}`);
console.log(`\n### A lucky control, nothing changed\n\n${luckyControlTable(random, gates)}`);
console.log(`\n### In less than ideal conditions\n\n${conditionsTable(random, gates)}`);
