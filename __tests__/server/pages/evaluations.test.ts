import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { wilson } from '../../../server/pages/figures.ts';
import { insertKey } from '../../../server/store/keys.ts';
import { type Recorder, type Run, recordEvaluation, specOf } from '../support/evaluation.ts';
import { serverKey, startTestServer, type TestServer } from '../support/server.ts';
import { signIn, type Visitor, visit } from '../support/visitor.ts';

let server: TestServer;
let recorder: Recorder;
let runs: Run[];
let visitor: Visitor;

beforeAll(async () => {
  server = await startTestServer();
  recorder = await recordEvaluation(server, {
    size: 10,
    specs: [
      specOf('boolean'),
      specOf('number', { evaluator_type: 'human', number_limits: { min: 1, max: 5, step: 1 } }),
      specOf('text'),
    ],
  });
  runs = [await recorder.createRun(), await recorder.createRun(), await recorder.createRun()];
  for (const [place, run] of runs.entries()) {
    if (place === 2) continue;
    for (const index of recorder.datapoints.keys()) {
      const { body } = await recorder.log(run, index);
      await recorder.judge(body.id, 0, { judgment: index >= 2 + place });
      await recorder.judge(body.id, 2, { judgment: 'Fine.' });
      if (place === 0) await recorder.judge(body.id, 1, { judgment: 4 });
    }
  }
  await server.call('PATCH', `/evaluations/${recorder.evaluationId}/runs/${runs[0]?.id}`, { control: true });
  visitor = await signIn(server.baseUrl, serverKey);
});

afterAll(() => server.close());

const page = () => visitor.get(`/evaluations/${recorder.evaluationId}`);

test('the first page lists the Evaluations, the last active first, and where people can judge', async () => {
  const other = await recordEvaluation(server, { name: 'weekly' });
  await recordEvaluation(server, { name: 'monthly' });
  await other.createRun();
  const { text, html } = await visitor.get('/');
  expect(text).toMatch(
    /weekly bot\/answer 1 Run .* monthly bot\/answer 0 Runs .* nightly bot\/answer 3 Runs last active/,
  );
  expect(html).toContain(`href="/evaluations/${recorder.evaluationId}/judge"`);
  expect(html).not.toContain(`href="/evaluations/${other.evaluationId}/judge"`);
});

test('a page of the list beyond the last is the last', async () => {
  const { status, text } = await visitor.get('/?page=99');
  expect(status).toBe(200);
  expect(text).toContain('nightly bot/answer 3 Runs');
});

test('a page that does not exist is a page that says so; what may be meant for the API gets its words', async () => {
  const path = `/evaluations/${recorder.evaluationId}/nowhere`;
  const found = await visitor.get(path);
  expect(found).toMatchObject({ status: 404, text: expect.stringContaining(`There is no page at ${path}.`) });
  expect(found.html).toContain('<a class="button plain" href="/">All Evaluations</a>');
  const sent = await visitor.post(path, []);
  expect(sent).toMatchObject({ status: 404, html: expect.stringContaining('the API begins at /v5') });
});

describe('the page of an Evaluation', () => {
  test('shows its Runs, the newest first, with figures, counts and what is missing', async () => {
    const { status, text } = await page();
    expect(status).toBe(200);
    expect(text).toContain(`3 Runs, judged by 3 evaluators ${recorder.evaluationId}`);
    const rows = text.slice(text.indexOf('Runs Run')).split(/(?=\d answer [\w-]{6} )/);
    expect(rows).toEqual([
      'Runs Run evaluator-0 evaluator-1 evaluator-2 ',
      expect.stringMatching(
        /^3 answer .{6} pending .* 0 of 10 Logs .* evaluator-0 – 0 judgments 10 missing evaluator-1 – 0 judgments 10 missing/,
      ),
      expect.stringMatching(
        /^2 answer .{6} running .* evaluator-0 70% 10 judgments evaluator-1 – 0 judgments 10 missing evaluator-2 – 10 judgments/,
      ),
      expect.stringMatching(
        /^1 answer .{6} completed control .* evaluator-0 80% 10 judgments evaluator-1 4 10 judgments evaluator-2 – 10 judgments/,
      ),
    ]);
  });

  test('draws each evaluator whose judgments are good or bad, says the same in words, and marks the control', async () => {
    const { html } = await page();
    const pictures = html.match(/<svg class="course".*?<\/svg>/gs) ?? [];
    expect(pictures).toHaveLength(2);
    expect(pictures[0]).toContain(
      'aria-label="evaluator-0 by Run. Run 1, the control: 80%; Run 2: 70%; Run 3: no judgments."',
    );
    expect(pictures[0]?.match(/class="point control"/g)).toHaveLength(1);
    expect(pictures[0]?.match(/class="point open"/g)).toHaveLength(1);
    expect(pictures[0]?.match(/class="whisker"/g)).toHaveLength(2);
    expect(pictures[0]).not.toMatch(/NaN|undefined|Infinity/);
  });

  test('compares each Run with the control, but not the control with itself', async () => {
    const { html } = await page();
    const control = runs[0]?.id;
    const links = Array.from(html.matchAll(/href="([^"]*\/compare[^"]*)"/g), ([, href = '']) =>
      href.replace('&amp;', '&'),
    );
    expect(links).toEqual(
      [runs[2], runs[1]].map(
        (run) => `/evaluations/${recorder.evaluationId}/compare?run=${run?.id}&control=${control}`,
      ),
    );
  });

  test('leads to judging, of all open Runs and of each', async () => {
    const { html } = await page();
    const judge = `/evaluations/${recorder.evaluationId}/judge`;
    const links = Array.from(html.matchAll(/href="([^"]*\/judge[^"]*)"/g), ([, href]) => href);
    expect(links).toEqual([judge, `${judge}?run=${runs[2]?.id}`, `${judge}?run=${runs[1]?.id}`]);
  });

  test('is not there for an Evaluation that is not', async () => {
    const { status, text, headers } = await visitor.get('/evaluations/evr_none');
    expect(status).toBe(404);
    expect(text).toContain("The Evaluation 'evr_none' is not on this server.");
    expect(headers.get('content-type')).toBe('text/html; charset=UTF-8');
  });
});

describe('a key that is for judging only', () => {
  test('sees where people judge, and nothing of how others judged', async () => {
    await server.store.write((access) => insertKey(access, { key: 'a judge', name: 'Ada', scopes: ['judge'] }));
    const judge = await signIn(server.baseUrl, 'a judge');
    const home = await judge.get('/');
    expect(home.text).toContain('nightly');
    expect(home.text).not.toContain('weekly');
    expect(home.html).not.toContain(`href="/evaluations/${recorder.evaluationId}"`);
    for (const path of [`/evaluations/${recorder.evaluationId}`, `/evaluations/${recorder.evaluationId}/compare`]) {
      const refused = await judge.get(path);
      expect(refused).toMatchObject({ status: 403, text: expect.stringContaining('for judging only') });
      expect(refused.text).not.toContain('%');
    }
    expect(await judge.get(`/evaluations/${recorder.evaluationId}/judge`)).toMatchObject({ status: 200 });
  });
});

describe('every page', () => {
  const policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
  const paths = () => {
    const own = `/evaluations/${recorder.evaluationId}`;
    const query = `?run=${runs[1]?.id}&control=${runs[0]?.id}`;
    const datapoint = recorder.datapoints[2]?.id;
    return [
      '/',
      '/login',
      own,
      `${own}/judge`,
      `${own}/compare${query}`,
      `${own}/compare${query}&datapoint=${datapoint}`,
      '/evaluations/none',
    ];
  };

  test('has a strict policy, is kept by nobody, and holds no script or style of its own', async () => {
    for (const path of paths()) {
      const { headers, html } = await visitor.get(path);
      expect([path, headers.get('content-security-policy')]).toEqual([path, policy]);
      expect(headers.get('cache-control')).toBe('private, no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(html).not.toMatch(/<style|<script(?! src="\/static\/)|\sstyle=|\son\w+=/i);
    }
  });

  test('loads what it needs from this server, which browsers may keep', async () => {
    const { html } = await visit(server.baseUrl).get('/login');
    const assets = Array.from(html.matchAll(/(?:src|href)="(\/static\/[^"]+)"/g), ([, path = '']) => path);
    expect(new Set(assets).size).toBe(3);
    for (const path of assets) {
      const { status, headers } = await visit(server.baseUrl).get(path);
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toContain('immutable');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-type')).toMatch(/^(text\/css|text\/javascript|image\/svg\+xml)/);
    }
  });

  test('leads to where the server is reached', async () => {
    const own = await startTestServer({ publicUrl: 'https://tools.example.com/humanloop' });
    const { html } = await visit(own.baseUrl).get('/login');
    const links = Array.from(html.matchAll(/(?:src|href|action)="([^"]+)"/g), ([, path = '']) => path).filter(
      (path) => path !== '#main',
    );
    expect(links.every((path) => path.startsWith('/humanloop/'))).toBe(true);
    await own.close();
  });
});

test.each([
  [8, 10],
  [1, 40],
  [99, 100],
])("Wilson's interval of %i in %i ends where the score test just does not reject", (good, n) => {
  const z = 1.6448536269514722;
  const { low, high } = wilson(good, n);
  const deviation = (share: number) => (good / n - share) / Math.sqrt((share * (1 - share)) / n);
  expect(deviation(low)).toBeCloseTo(z, 8);
  expect(deviation(high)).toBeCloseTo(-z, 8);
});

test("Wilson's interval stays within 0 and 1", () => {
  expect(wilson(0, 10).low).toBe(0);
  expect(wilson(10, 10).high).toBe(1);
});
