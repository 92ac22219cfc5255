import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Scope } from '../../../server/rules/scopes.ts';
import { insertKey } from '../../../server/store/keys.ts';
import { done, type Recorder, type Run, recordEvaluation, specOf } from '../support/evaluation.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { hiddenField, type Page, signIn, type Visitor } from '../support/visitor.ts';

const human = { evaluator_type: 'human' };
const scale = specOf('number', {
  ...human,
  number_limits: { min: 1, max: 5, step: 1 },
  number_valence: 'positive',
  instructions: 'How much does it help?',
});

let server: TestServer;
let recorder: Recorder;
let run: Run;

beforeEach(async () => {
  server = await startTestServer();
});

afterEach(() => server.close());

/** A Run with Logs, whose Evaluation asks people by these specs. */
async function prepare(specs: readonly object[] = [scale], size = 4): Promise<void> {
  recorder = await recordEvaluation(server, { size, specs });
  run = await recorder.createRun();
  for (const index of recorder.datapoints.keys()) {
    done(await recorder.log(run, index, { output: `The answer of place ${index}`, metadata: { commit_sha: 'cafe' } }));
  }
}

async function person(name: string, scope: Scope = 'judge'): Promise<Visitor> {
  await server.store.write((access) => insertKey(access, { key: `the key of ${name}`, name, scopes: [scope] }));
  return signIn(server.baseUrl, `the key of ${name}`);
}

const address = (more: Record<string, string> = {}) =>
  `/evaluations/${recorder.evaluationId}/judge?${new URLSearchParams({ run: run.id, ...more })}`;

/** The place of the answer that a page shows. */
function placeOn({ text }: Page): number {
  return Number(/The answer of place (\d+)/.exec(text)?.[1] ?? Number.NaN);
}

const field = (evaluator = 0) => `judgment ${recorder.evaluators[evaluator]?.id}`;

/** Answers what a page asks, and follows to the next page. */
async function answer(visitor: Visitor, page: Page, ...fields: readonly (readonly [string, string])[]): Promise<Page> {
  const asked = Array.from(
    page.html.matchAll(/name="asked" value="([^"]+)"/g),
    ([, id = '']) => ['asked', id] as const,
  );
  const sent = await visitor.post(address(), [['log', hiddenField(page, 'log')], ...asked, ...fields]);
  return sent.status === 303 ? visitor.get(sent.headers.get('location') ?? '') : sent;
}

/** What was judged of the answer at a place: by whom, and what. */
async function judgmentsOf(place: number): Promise<unknown[]> {
  const { records } = await recorder.logs(`?run_id=${run.id}`);
  const found = records.find(({ datapoint }) => datapoint?.id === recorder.datapoints[place]?.id);
  return (found?.evaluator_logs ?? []).map(({ user, judgment }) => [user, judgment]);
}

describe('judging', () => {
  test('shows one answer at a time until all are judged, and then the Run is completed', async () => {
    await prepare();
    const ada = await person('Ada');
    let page = await ada.get(address());
    const places: number[] = [];
    for (let count = 0; count < 4; count++) {
      expect(page.text).toContain(`${count} of 4 answers judged, ${count} by you`);
      places.push(placeOn(page));
      page = await answer(ada, page, [field(), '4']);
    }
    expect(places.toSorted()).toEqual([0, 1, 2, 3]);
    expect(page.text).toContain('All answers are judged. Thank you!');
    expect(await recorder.statusOf(run)).toBe('completed');
    expect(await judgmentsOf(2)).toEqual([['Ada', 4]]);
  });

  test('is blind: nothing tells which Run or version an answer is from, or what others said', async () => {
    await prepare([scale, specOf('boolean'), specOf('text')]);
    const { records } = await recorder.logs();
    for (const { log } of records) {
      await recorder.judge(log.id, 1, { judgment: false, output: 'a reason of the machine' });
      await recorder.judge(log.id, 2, { judgment: 'a remark of the machine' });
    }
    const { html } = await (await person('Ada')).get(`/evaluations/${recorder.evaluationId}/judge`);
    expect(html).toContain('The answer of place');
    for (const secret of [
      run.id,
      recorder.flow.version_id,
      'bot/answer',
      'cafe',
      'machine',
      'evaluator-1',
      'Answer 0',
      'Answer 1',
    ]) {
      expect(html).not.toContain(secret);
    }
  });

  test('shows the target only if the evaluator needs it', async () => {
    await prepare([{ ...scale, arguments_type: 'target_required' }]);
    const { text } = await (await person('Ada')).get(address());
    expect(text).toMatch(/Target Answer \d/);
  });

  test('goes in an order that stays, and that differs from person to person', async () => {
    await prepare([scale], 12);
    const orderOf = async (visitor: Visitor) => {
      const places: number[] = [];
      let path = address();
      for (let count = 0; count < 12; count++) {
        const page = await visitor.get(path);
        places.push(placeOn(page));
        path =
          /<a class="button plain" href="([^"]+)" data-key="s"/.exec(page.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
      }
      return places;
    };
    const [ada, ben] = [await person('Ada'), await person('Ben')];
    const first = await orderOf(ada);
    expect(first.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, index) => index));
    expect(first).not.toEqual(first.toSorted((a, b) => a - b));
    expect(await orderOf(ada)).toEqual(first);
    expect(await orderOf(ben)).not.toEqual(first);
  });

  test('goes on where one left off, and comes back to what was skipped', async () => {
    await prepare();
    const ada = await person('Ada');
    const first = await ada.get(address());
    const second = await ada.get(address({ after: hiddenField(first, 'log') }));
    expect(placeOn(second)).not.toBe(placeOn(first));
    const third = await answer(ada, second, [field(), '3']);
    expect([placeOn(first), placeOn(second)]).not.toContain(placeOn(third));
    expect(placeOn(await ada.get(address()))).toBe(placeOn(first));
  });

  test('can be undone: the last one is shown again with its judgment, which a correction replaces', async () => {
    await prepare();
    const ada = await person('Ada');
    const first = await ada.get(address());
    const second = await answer(ada, first, [field(), '2']);
    const third = await answer(ada, second, [field(), '5']);
    const undo = (page: Page) =>
      ada.get(/href="([^"]+)" data-key="u"/.exec(page.html)?.[1]?.replaceAll('&amp;', '&') ?? '');
    const last = await undo(third);
    expect(placeOn(last)).toBe(placeOn(second));
    expect(last.text).toContain('Saving replaces your judgment.');
    expect(last.html).toMatch(/value="5" checked/);
    const before = await undo(last);
    expect(placeOn(before)).toBe(placeOn(first));

    const next = await answer(ada, before, [field(), '3']);
    expect(await judgmentsOf(placeOn(first))).toEqual([['Ada', 3]]);
    expect(next.text).toContain('2 of 4 answers judged, 2 by you');
  });

  test('can be corrected when the Run is completed, until it becomes the control', async () => {
    await prepare([scale], 1);
    const ada = await person('Ada');
    const page = await ada.get(address());
    const end = await answer(ada, page, [field(), '2']);
    expect(end.text).toContain('Look at your last judgment again');
    const corrected = await answer(ada, await ada.get(address({ log: hiddenField(page, 'log') })), [field(), '4']);
    expect(corrected.text).toContain('All answers are judged.');
    expect(await judgmentsOf(0)).toEqual([['Ada', 4]]);

    await server.call('PATCH', `/evaluations/${recorder.evaluationId}/runs/${run.id}`, { control: true });
    const late = await answer(ada, page, [field(), '1']);
    expect(late).toMatchObject({ status: 409, text: expect.stringContaining('has become the control meanwhile') });
    expect(await judgmentsOf(0)).toEqual([['Ada', 4]]);
    expect((await ada.get(address())).text).toContain('its judgments cannot be changed');
  });

  test('of a Run that was cancelled is refused', async () => {
    await prepare();
    const ada = await person('Ada');
    const page = await ada.get(address());
    await server.call('PATCH', `/evaluations/${recorder.evaluationId}/runs/${run.id}`, { status: 'cancelled' });
    expect(await answer(ada, page, [field(), '1'])).toMatchObject({ status: 409 });
    expect(await judgmentsOf(placeOn(page))).toEqual([]);
  });

  test('is shared by two people, and each owns what they said', async () => {
    await prepare();
    const [ada, ben] = [await person('Ada'), await person('Ben')];
    const page = await ada.get(address());
    const same = await ben.get(address({ log: hiddenField(page, 'log') }));
    expect(placeOn(same)).toBe(placeOn(page));
    await answer(ada, page, [field(), '1']);
    // Ben had the same answer in front of him: his judgment is kept beside hers.
    const next = await answer(ben, same, [field(), '5']);
    expect(await judgmentsOf(placeOn(page))).toEqual([
      ['Ada', 1],
      ['Ben', 5],
    ]);
    expect(next.text).toContain('1 of 4 answers judged, 1 by you');
    await answer(ada, await ada.get(address()), [field(), '2']);
    const last = (await ada.get(address())).html.match(/log=([^"]+)" data-key="u"/)?.[1] ?? '';
    const others = await ben.get(address({ log: last }));
    expect(others.text).toContain('Somebody else has judged this answer');
    expect(others.html).not.toContain('<fieldset');
  });
});

describe('a form', () => {
  test('without the token of the session changes nothing', async () => {
    await prepare();
    const ada = await person('Ada');
    const page = await ada.get(address());
    const fields = [
      ['log', hiddenField(page, 'log')],
      [field(), '3'],
    ] as const;
    const ben = await person('Ben');
    const other = hiddenField(await ben.get(address()), 'token');
    for (const token of ['', 'forged', other]) {
      const refused = await ada.post(address(), [['token', token], ...fields]);
      expect(refused).toMatchObject({ status: 403, text: expect.stringContaining('This form is not from a page') });
      expect(refused.html).toContain(`href="${address()}">Open the page again</a>`);
    }
    const elsewhere = await ada.post(address(), fields, { origin: 'https://evil.example' });
    expect(elsewhere).toMatchObject({ status: 403, text: expect.stringContaining('came from another site') });
    expect(await judgmentsOf(placeOn(page))).toEqual([]);
  });

  test('without an answer says so beside the question, and keeps what was written', async () => {
    await prepare([scale, specOf('text', human)]);
    const ada = await person('Ada');
    const page = await ada.get(address());
    const refused = await answer(ada, page, [field(1), 'half <b>written</b>']);
    expect(refused.status).toBe(422);
    expect(refused.html).toContain('role="alert">Nothing was saved');
    expect(refused.text).toContain('Choose an answer, or that you cannot say.');
    expect(refused.html).toContain('>half &lt;b&gt;written&lt;/b&gt;</textarea>');
    expect(placeOn(refused)).toBe(placeOn(page));
  });

  test.each([
    ['6', 'a number from 1 to 5'],
    ['x', 'a number from 1 to 5'],
    ['1e999', 'a number from 1 to 5'],
  ])('with %j for a scale is refused with words', async (value, words) => {
    await prepare();
    const ada = await person('Ada');
    const page = await ada.get(address());
    expect(await answer(ada, page, [field(), value])).toMatchObject({
      status: 422,
      text: expect.stringContaining(words),
    });
    expect(await judgmentsOf(placeOn(page))).toEqual([]);
  });

  test('of a Log of another Evaluation is refused', async () => {
    await prepare();
    const first = run;
    const ada = await person('Ada');
    const page = await ada.get(address());
    recorder = await recordEvaluation(server, { specs: [scale], name: 'another' });
    run = await recorder.createRun();
    const refused = await ada.post(address(), [
      ['log', hiddenField(page, 'log')],
      [field(), '3'],
    ]);
    expect(refused).toMatchObject({ status: 404, text: expect.stringContaining(`The Run '${first.id}'`) });
  });

  test('of a record key is refused once the Run is completed', async () => {
    await prepare([scale], 1);
    const job = await person('job', 'record');
    const page = await job.get(address());
    await answer(job, page, [field(), '3']);
    expect(await answer(job, page, [field(), '5'])).toMatchObject({ status: 409 });
    expect(await judgmentsOf(0)).toEqual([['job', 3]]);
  });
});

const options = [
  { name: 'good', valence: 'positive' },
  { name: 'bad "and" <ugly>', valence: 'negative' },
];

describe.each([
  ['a yes or no', specOf('boolean', human), ['true'], true],
  ['a no', specOf('boolean', human), ['false'], false],
  ['an option', specOf('select', { ...human, options }), [JSON.stringify('bad "and" <ugly>')], 'bad "and" <ugly>'],
  ['a select without options', specOf('select', human), ['free'], 'free'],
  [
    'several options',
    specOf('multi_select', { ...human, options }),
    options.map(({ name }) => JSON.stringify(name)),
    options.map(({ name }) => name),
  ],
  ['none of several options', specOf('multi_select', { ...human, options }), [], []],
  ['lines without options', specOf('multi_select', human), ['one\r\n\r\ntwo'], ['one', 'two']],
  ['a scale', scale, ['5'], 5],
  ['a number without limits', specOf('number', human), ['-1.5'], -1.5],
  ['a number between limits', specOf('number', { ...human, number_limits: { min: 0, max: 1 } }), ['0.25'], 0.25],
  ['a text', specOf('text', human), ['  Very <i>well</i>.  '], 'Very <i>well</i>.'],
  ['no remark', specOf('text', human), [''], null],
  ['cannot say', specOf('boolean', human), ['null'], null],
  ['cannot say of several', specOf('multi_select', { ...human, options }), [JSON.stringify('good'), 'null'], null],
])('the question for %s', (_, spec, values, judgment) => {
  test('stores what was answered, and shows it again', async () => {
    await prepare([spec], 1);
    const ada = await person('Ada');
    const page = await ada.get(address());
    const end = await answer(ada, page, ...values.map((value): [string, string] => [field(), value]));
    expect(end.text).toContain('All answers are judged.');
    expect(await judgmentsOf(0)).toEqual([['Ada', judgment]]);

    const again = await ada.get(address({ log: hiddenField(page, 'log') }));
    const repeated = await answer(ada, again, ...chosenOn(again));
    expect(repeated.text).toContain('All answers are judged.');
    expect(await judgmentsOf(0)).toEqual([['Ada', judgment]]);
  });
});

const entities: Readonly<Record<string, string>> = {
  '&quot;': '"',
  '&lt;': '<',
  '&gt;': '>',
  '&#39;': "'",
  '&amp;': '&',
};
const decoded = (text: string) => text.replace(/&(quot|lt|gt|#39|amp);/g, (entity) => entities[entity] ?? entity);

/** What a browser would send of the first question if nothing was touched. */
function chosenOn({ html }: Page): [string, string][] {
  const fields = html.slice(html.indexOf('<fieldset'), html.indexOf('</fieldset>'));
  const chosen = Array.from(fields.matchAll(/type="(?:radio|checkbox)" name="[^"]+" value="([^"]*)"([^>]*)>/g)).filter(
    ([, , rest = '']) => /\bchecked\b/.test(rest),
  );
  const texts = [
    ...fields.matchAll(/<textarea[^>]*>([^<]*)<\/textarea>/g),
    ...fields.matchAll(/type="number"[^>]* value="([^"]*)"/g),
  ];
  return [...chosen, ...texts].map(([, value = '']) => [field(), decoded(value)]);
}

test('an Evaluation that asks nobody says so', async () => {
  await prepare([specOf('boolean')]);
  const { text } = await (await person('Ada')).get(address());
  expect(text).toContain('Nothing for people to judge');
});
