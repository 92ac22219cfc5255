/** States of the pages that the sandbox does not show: each kind of question, long texts, many Runs, and nothing at all. */
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
const longText = `${'Every sentence says a little more than is needed. '.repeat(60)}\n\n${'unbroken'.repeat(40)}\n\n\tfunction example() {\n\t\treturn "indented";\n\t}\n\nمرحبا بالعالم – שלום עולם – 你好，世界 – 👩‍👩‍👧‍👦`;

/** Records all of it, and returns where to look. */
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
    }: { runs: number; size: number; text: (index: number) => string; versionName?: (number: number) => string },
  ) {
    const path = (kind: string, last: string) => `${name.slice(0, 60)}/${kind}/${last}`.replaceAll(':', '');
    const dataset = await post<Named & { datapoints: { id: string }[] }>('/datasets?include_datapoints=true', {
      path: path('datasets', 'questions'),
      datapoints: Array.from({ length: size }, (_, index) => ({
        messages: [{ role: 'user', content: `${question}${index === 0 ? '' : ` (${index})`}` }],
        target: { output: text(index) },
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
        attributes: { number },
        version_name: number === 0 ? 'as it is' : versionName(number),
      });
      const run = await post<{ id: string }>(`/evaluations/${id}/runs`, {
        dataset: { version_id: dataset.version_id },
        version: { version_id: version.version_id },
        orchestrated: false,
      });
      made.push(run.id);
      for (const [index, datapoint] of dataset.datapoints.entries()) {
        const { id: parent_id } = await post<{ id: string }>(`/flows/log?version_id=${version.version_id}`, {
          run_id: run.id,
          source_datapoint_id: datapoint.id,
          output: text(index),
        });
        for (const evaluator of evaluators) {
          const spec = specs[evaluator.path.slice(evaluator.path.lastIndexOf('/') + 1)];
          if (spec === undefined || 'evaluator_type' in spec === false || spec.evaluator_type === 'human') continue;
          const isGood = (index * 7 + number * 3) % 10 > (number % 4) + 1;
          await post(`/evaluators/log?version_id=${evaluator.version_id}`, {
            id: evaluator.id,
            parent_id,
            judgment: 'options' in spec ? (isGood ? 'good' : 'bad') : isGood,
            output: index % 2 === 0 ? 'It says so in the second sentence.' : text(index).slice(0, 600),
          });
        }
      }
    }
    return { path: `/evaluations/${id}`, runs: made, evaluationId: id };
  }

  const states: State[] = [];
  for (const [kind, spec] of Object.entries(questions)) {
    const { path } = await record(
      `Travel desk: ${kind}`,
      { [`by-${kind}`]: spec },
      { runs: 1, size: 2, text: () => answer },
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

  const long = await record(
    `${longName} and then some words that break`,
    {
      [`is-${longName.slice(0, 120)}`]: specOf('boolean'),
      tone: specOf('select', { options: options(['good', 'positive'], ['bad', 'negative']) }),
      [`of-people-${longName.slice(0, 60)}`]: specOf('boolean', { ...human, instructions: longText.slice(0, 900) }),
    },
    { runs: 3, size: 4, text: () => longText, versionName: (number) => `${longText.slice(0, 90)} ${number}` },
  );
  const [control = ''] = long.runs;
  await call('PATCH', `${long.path}/runs/${control}`, { status: 'completed', control: true });
  states.push(
    { name: 'long-evaluation', path: long.path },
    { name: 'long-compare', path: `${long.path}/compare` },
    { name: 'long-judging', path: `${long.path}/judge` },
  );

  const many = await record(
    'Nightly',
    { 'right-answer': specOf('boolean') },
    { runs: 55, size: 6, text: () => answer },
  );
  await call('PATCH', `${many.path}/runs/${many.runs[4]}`, { control: true });
  states.push({ name: 'many-runs', path: many.path }, { name: 'many-evaluations', path: '/' });

  const empty = await record(
    'Nothing recorded yet',
    { 'right-answer': specOf('boolean') },
    { runs: 0, size: 1, text: () => answer },
  );
  states.push(
    { name: 'empty-evaluation', path: empty.path },
    { name: 'empty-compare', path: `${empty.path}/compare` },
    { name: 'empty-judging', path: `${empty.path}/judge` },
  );
  return states;
}
