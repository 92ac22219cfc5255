/** States of the pages that the sandbox does not show: each kind of question, long texts, many Runs, Runs that count together, failures, and nothing at all. */
import type { Page } from 'playwright-core';
import { done, type Named, specOf } from '../../__tests__/server/support/evaluation.ts';
import type { TestServer } from '../../__tests__/server/support/server.ts';

/** A page of a server, by its path below the address of the pages. */
export interface State {
  readonly name: string;
  readonly path: string;
  /** What a person does there before the picture is taken. */
  readonly act?: (page: Page) => Promise<unknown>;
}

/** After a key, in milliseconds, for what it does. */
const pause = 300;

export function pressing(...keys: readonly string[]): (page: Page) => Promise<void> {
  return async (page) => {
    for (const key of keys) {
      await page.keyboard.press(key);
      await page.waitForTimeout(pause);
    }
  };
}

const human = { evaluator_type: 'human' };
const options = (...names: readonly (readonly [string, ('positive' | 'neutral' | 'negative')?])[]) =>
  names.map(([name, valence]) => ({ name, valence: valence ?? null }));

/** A question of each kind to people. */
const questions = {
  boolean: specOf('boolean', { ...human, instructions: 'Does the answer say what the customer asked for?' }),
  scale: specOf('number', {
    ...human,
    number_limits: { min: 1, max: 10, step: 1 },
    number_valence: 'positive',
    instructions: 'How well does it help? 1: not at all. 10: nothing is left to ask.',
  }),
  number: specOf('number', {
    ...human,
    number_limits: { min: 0, max: 240, step: null },
    number_valence: 'negative',
    instructions: 'How many minutes would it take you to put this answer right?',
  }),
  select: specOf('select', {
    ...human,
    options: options(['friendly', 'positive'], ['neutral', 'neutral'], ['curt', 'negative'], ['another language']),
    instructions: 'In which tone is it written?',
  }),
  multi_select: specOf('multi_select', {
    ...human,
    options: options(
      ['invents a fact', 'negative'],
      ['leaves out a step', 'negative'],
      ['asks back where it should', 'positive'],
      ['names where it is from', 'positive'],
    ),
    instructions: 'What is there to say of it? Choose all that fit.',
  }),
  text: specOf('text', { ...human, arguments_type: 'target_required', instructions: 'What would you tell the team?' }),
};

const question =
  'My train was cancelled and I missed the ferry. Who pays for the night in the hotel, and what do I have to send you?';
const answer =
  'The railway pays, up to 120 € a night, since both were on one ticket.\n\nPlease send us:\n1. the ticket,\n2. the bill of the hotel,\n3. the form “Delayed journey”, signed.\n\nYou get the money within four weeks.';

const longName = 'a-name-that-nobody-would-choose-but-a-script-does-'.repeat(4);
const markup =
  '<script>alert(1)</script> "><img src=x onerror=alert(1)> </title></textarea> ${1 + 1} {{1 + 1}} javascript:alert(1) \u202ereversed';
const longText = `${'Every sentence says a little more than is needed. '.repeat(60)}\n\n${'unbroken'.repeat(40)}\n\n\tfunction example() {\n\t\treturn "indented";\n\t}\n\nمرحبا بالعالم – שלום עולם – 你好，世界 – 👩‍👩‍👧‍👦`;

interface Recorded {
  readonly runs: number;
  readonly size: number;
  /** Of an answer; null if it failed. */
  readonly text: (index: number) => string | null;
  readonly versionName?: (version: number) => string;
  readonly versionOf?: (run: number) => number;
  /** How many answers a Run has. */
  readonly logsOf?: (run: number) => number;
  readonly isGood?: (index: number, run: number) => boolean;
  readonly hasTargets?: boolean;
}

function judgmentOf(spec: object, isGood: boolean): unknown {
  const type = 'return_type' in spec ? spec.return_type : undefined;
  if (type === 'number') return isGood ? 0.912345 : 0.4;
  if (type === 'multi_select') return isGood ? ['good', 'short'] : [];
  return type === 'select' ? (isGood ? 'good' : 'bad') : isGood;
}

/** Records all of it, and returns where to look. In the last state nobody is signed in any more. */
export async function recordStates({ call }: Pick<TestServer, 'call'>): Promise<readonly State[]> {
  const post = async <T extends object>(path: string, body: object) => done(await call<T>('POST', path, body));

  async function record(
    name: string,
    specs: Readonly<Record<string, object>>,
    {
      runs,
      size,
      text,
      versionName = (number) => `change ${number}`,
      versionOf = (number) => number,
      logsOf = () => size,
      isGood = (index, number) => (index * 7 + number * 3) % 10 > (number % 4) + 1,
      hasTargets = true,
    }: Recorded,
  ) {
    const path = (kind: string, last: string) => `${name.slice(0, 60)}/${kind}/${last}`.replaceAll(':', '');
    const dataset = await post<Named & { datapoints: { id: string }[] }>('/datasets?include_datapoints=true', {
      path: path('datasets', 'questions'),
      datapoints: Array.from({ length: size }, (_, index) => ({
        messages: [{ role: 'user', content: `${question}${index === 0 ? '' : ` (${index})`}` }],
        ...(hasTargets && { target: { output: text(index) ?? '' } }),
      })),
    });
    const evaluators: Named[] = [];
    for (const [last, spec] of Object.entries(specs)) {
      evaluators.push(await post<Named>('/evaluators', { path: path('evaluators', last), spec }));
    }
    const { id } = await post<{ id: string }>('/evaluations', {
      name,
      evaluators: evaluators.map(({ path }) => ({ path })),
    });
    const made: string[] = [];
    for (let number = 0; number < runs; number++) {
      const version = await post<Named>('/flows', {
        path: path('flows', 'answer'),
        attributes: { number: versionOf(number) },
        version_name: versionOf(number) === 0 ? 'as it is' : versionName(versionOf(number)),
      });
      const run = await post<{ id: string }>(`/evaluations/${id}/runs`, {
        dataset: { version_id: dataset.version_id },
        version: { version_id: version.version_id },
        orchestrated: false,
      });
      made.push(run.id);
      for (const [index, datapoint] of dataset.datapoints.slice(0, logsOf(number)).entries()) {
        const output = text(index);
        const { id: parent_id } = await post<{ id: string }>(`/flows/log?version_id=${version.version_id}`, {
          run_id: run.id,
          source_datapoint_id: datapoint.id,
          ...(output === null ? { error: 'The model did not answer within 60 s.' } : { output }),
        });
        for (const evaluator of evaluators) {
          const spec = specs[evaluator.path.slice(evaluator.path.lastIndexOf('/') + 1)];
          if (spec === undefined || 'evaluator_type' in spec === false || spec.evaluator_type === 'human') continue;
          await post(`/evaluators/log?version_id=${evaluator.version_id}`, {
            id: evaluator.id,
            parent_id,
            ...(output === null
              ? { error: 'There is no answer to judge.' }
              : {
                  judgment: judgmentOf(spec, isGood(index, number)),
                  output: index % 2 === 0 ? 'It says so in the second sentence.' : output.slice(0, 600),
                }),
          });
        }
      }
    }
    return { path: `/evaluations/${id}`, runs: made, evaluators, datapoints: dataset.datapoints };
  }

  const states: State[] = [];
  for (const [kind, spec] of Object.entries(questions)) {
    const { path } = await record(
      `Travel desk: ${kind}`,
      { [`by-${kind}`]: spec },
      // Some pictures are of answers that were judged, a new one each time.
      { runs: 1, size: 12, text: () => answer },
    );
    states.push({ name: `judging-${kind}`, path: `${path}/judge` });
    if (kind === 'select') states.push({ name: 'judging-chosen', path: `${path}/judge`, act: pressing('1') });
    if (kind === 'scale') {
      states.push({
        name: 'judging-focus',
        path: `${path}/judge`,
        act: pressing('7', 'Tab', 'Tab', 'Tab', 'Tab', 'Tab'),
      });
      states.push({ name: 'judging-missing', path: `${path}/judge`, act: pressing('Enter') });
    }
    if (kind === 'boolean')
      states.push({ name: 'judging-again', path: `${path}/judge`, act: pressing('2', 'Enter', 'u') });
  }
  const all = await record('Travel desk: every kind', questions, { runs: 1, size: 2, text: () => answer });
  states.push({ name: 'judging-every-kind', path: `${all.path}/judge` });
  states.push({
    name: 'judging-form-expired',
    path: `${all.path}/judge`,
    act: async (page) => {
      await page.locator('main input[name=token]').evaluate((input) => input.setAttribute('value', 'of yesterday'));
      await pressing('Enter')(page);
    },
  });
  states.push({
    name: 'judging-conflict',
    path: `${all.path}/judge`,
    act: async (page) => {
      const path = `${all.path}/runs/${all.runs[0]}`;
      await call('PATCH', path, { control: true });
      await pressing('Enter')(page);
      await call('PATCH', path, { control: false });
    },
  });

  const long = await record(
    `${longName} and then some words that break`,
    {
      [`is-${longName.slice(0, 120)}`]: specOf('boolean'),
      tone: specOf('select', { options: options(['good', 'positive'], ['bad', 'negative']) }),
      [`of-people-${longName.slice(0, 60)}`]: specOf('boolean', { ...human, instructions: longText.slice(0, 900) }),
    },
    {
      runs: 3,
      size: 4,
      text: (index) => (index === 1 ? markup : longText),
      versionName: (number) => `${longText.slice(0, 90)} ${number}`,
    },
  );
  const [control = ''] = long.runs;
  await call('PATCH', `${long.path}/runs/${control}`, { status: 'completed', control: true });
  states.push(
    { name: 'long-evaluation', path: long.path },
    { name: 'long-compare', path: `${long.path}/compare` },
    { name: 'long-datapoints', path: `${long.path}/compare?evaluator=${long.evaluators[1]?.id}` },
    { name: 'long-judging', path: `${long.path}/judge` },
  );

  const many = await record(
    'Nightly',
    { 'right-answer': specOf('boolean') },
    { runs: 55, size: 6, text: () => answer },
  );
  await call('PATCH', `${many.path}/runs/${many.runs[4]}`, { control: true });
  states.push(
    { name: 'many-runs', path: many.path },
    { name: 'many-runs-last', path: `${many.path}?page=2` },
    { name: 'many-evaluations', path: '/' },
    { name: 'many-evaluations-beyond', path: '/?page=99' },
  );

  const pooled = await record(
    'Travel desk: each version three times',
    { 'right-answer': specOf('boolean') },
    {
      runs: 6,
      size: 30,
      text: () => answer,
      versionOf: (number) => (number < 3 ? 0 : 1),
      isGood: (index, number) => (number === 0 ? index % 4 === 0 : (index + number) % (number < 3 ? 15 : 3) > 0),
    },
  );
  const pooledCompare = `${pooled.path}/compare?run=${pooled.runs[5]}&control=${pooled.runs[2]}&own-runs=3`;
  states.push(
    { name: 'pooled-compare', path: pooledCompare },
    { name: 'pooled-datapoint', path: pooledCompare, act: (page) => page.click('article h3 a') },
    { name: 'compare-no-control', path: `${pooled.path}/compare` },
  );

  const gaps = await record(
    'Travel desk: with gaps',
    {
      'right-answer': specOf('boolean'),
      similarity: specOf('number'),
      topics: specOf('multi_select', { options: options(['good', 'positive'], ['short']) }),
      remarks: specOf('text', human),
    },
    {
      runs: 4,
      size: 4,
      text: (index) => (index === 2 ? null : answer),
      logsOf: (number) => [4, 4, 3, 0][number] ?? 0,
      isGood: (index, number) => number === 0 || index !== 1,
      hasTargets: false,
    },
  );
  const [first = '', second = '', third = ''] = gaps.runs;
  await call('PATCH', `${gaps.path}/runs/${first}`, { status: 'completed', control: true });
  await call('PATCH', `${gaps.path}/runs/${second}`, { status: 'cancelled' });
  const byOne = (place: number) => `&evaluator=${gaps.evaluators[place]?.id}`;
  states.push(
    { name: 'gaps-evaluation', path: gaps.path },
    { name: 'gaps-compare', path: `${gaps.path}/compare?run=${third}${byOne(0)}` },
    { name: 'gaps-cancelled', path: `${gaps.path}/compare?run=${second}${byOne(1)}` },
    { name: 'gaps-topics', path: `${gaps.path}/compare?run=${third}${byOne(2)}` },
    { name: 'gaps-not-gated', path: `${gaps.path}/compare?run=${third}${byOne(3)}` },
    { name: 'gaps-failed', path: `${gaps.path}/compare?run=${third}&datapoint=${gaps.datapoints[2]?.id}` },
    { name: 'judging-cancelled', path: `${gaps.path}/judge?run=${second}` },
  );

  const empty = await record(
    'Nothing recorded yet',
    { 'right-answer': specOf('boolean') },
    { runs: 0, size: 1, text: () => answer },
  );
  states.push(
    { name: 'empty-evaluation', path: empty.path },
    { name: 'empty-compare', path: `${empty.path}/compare` },
    { name: 'empty-judging', path: `${empty.path}/judge` },
    { name: 'nowhere', path: `${empty.path}/nowhere` },
    {
      name: 'judging-signed-out',
      path: `${all.path}/judge`,
      act: async (page) => {
        await page.context().clearCookies();
        await pressing('Enter')(page);
        await page.waitForURL(/login/);
      },
    },
  );
  return states;
}
