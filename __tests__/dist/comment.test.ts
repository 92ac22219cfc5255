import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { createInputs } from '../support/create-inputs.ts';
import { createRun, serveRun } from '../support/create-run.ts';
import {
  type Fault,
  type GitHubFake,
  type GitHubFakeOptions,
  startGitHubFake,
  workflowBot,
} from '../support/github-fake.ts';
import { startServer } from '../support/http-server.ts';
import { allNodes, live, parseMarkdown } from '../support/markdown.ts';
import {
  annotated,
  forkEvent,
  githubEvent,
  pullRequest,
  runReporting,
  workflowRunEvent,
} from '../support/reporting.ts';
import { opened } from '../support/step.ts';

const developer = { login: 'octocat', type: 'User' } as const;
const issue = pullRequest.number;

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await opened(startSandbox());
});

const github = (options: GitHubFakeOptions = {}): Promise<GitHubFake> => opened(startGitHubFake(options));

/** A step with a gate that leaves the Run as it is, so that it can be run again and again. */
function gate(run: 'worse' | 'better', inputs: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    'api-key': sandbox.apiKey,
    'base-url': sandbox.baseUrl,
    'evaluation-id': sandbox.evaluationId,
    'run-id': sandbox.runs[run],
    gate: 'regression',
    comment: 'always',
    ...inputs,
  };
}

/** A step that completes a Run on a server of its own. */
async function update(inputs: Readonly<Record<string, string>> = {}): Promise<Record<string, string>> {
  const { url } = await opened(startServer(serveRun()));
  return createInputs({ 'base-url': `${url}/v5`, comment: 'always', ...inputs });
}

const bodies = ({ comments }: GitHubFake) => comments.map(({ body }) => body);
const posts = ({ operations }: GitHubFake) => operations.filter((operation) => operation === 'issues/create-comment');

describe('comment: always', () => {
  test.concurrent('is created, and updated in place by the next step', async () => {
    const fake = await github();
    const failed = await runReporting(fake, { inputs: gate('worse') });
    expect(failed.conclusion).toBe('failure');
    expect(bodies(fake)).toEqual([
      expect.stringMatching(/^<!-- .* -->\n### Humanloop evaluation\n\n❌ \*\*Regressed\*\* – `exact-match` fell by/),
    ]);
    // One report: the summary says the same.
    expect(bodies(fake)[0]).toContain(failed.summary.trim());
    expect(bodies(fake)[0]).toContain(`https://app.humanloop.example/evaluations/${sandbox.evaluationId}`);
    expect(bodies(fake)[0]).toContain('https://github.com/octo-org/octo-repo/actions/runs/1658821493');

    const passed = await runReporting(fake, { inputs: gate('better') });
    expect(passed.conclusion).toBe('success');
    expect(bodies(fake)).toEqual([
      expect.stringMatching(/^<!-- .* -->\n### Humanloop evaluation\n\n✅ \*\*Improved\*\* – better in `exact-match`/),
    ]);
    expect(posts(fake)).toHaveLength(1);
  });

  test.concurrent('without a gate reports the update', async () => {
    const fake = await github();
    const step = await runReporting(fake, { inputs: await update() });
    expect(step.conclusion).toBe('success');
    expect(bodies(fake)).toEqual([
      expect.stringMatching(/-->\n### Humanloop evaluation\n\n✅ Run `rn_1` of `evr_1` is \*\*completed\*\*\./),
    ]);
    expect(step.log.at(-1)).toBe('Run rn_1 of evr_1 is completed.');
    expect(step.annotations).toEqual([]);
  });

  test.concurrent('reports a failure of the API', async () => {
    const fake = await github();
    const { url } = await opened(startServer([{ status: 404, json: { detail: 'No such Run.' } }]));
    const inputs = createInputs({ 'base-url': `${url}/v5`, comment: 'always' });
    const step = await runReporting(fake, { inputs });
    expect(step.conclusion).toBe('failure');
    expect(bodies(fake)).toEqual([expect.stringMatching(/❌ \*\*The API answered with HTTP 404\*\*.*No such Run/)]);
  });
});

test.concurrent('comment: on-failure starts with a failure, and ends with the pass that follows', async () => {
  const fake = await github();
  await runReporting(fake, { inputs: gate('better', { comment: 'on-failure' }) });
  expect(bodies(fake)).toEqual([]);
  await runReporting(fake, { inputs: gate('worse', { comment: 'on-failure' }) });
  expect(bodies(fake)).toEqual([expect.stringContaining('**Regressed**')]);
  await runReporting(fake, { inputs: gate('better', { comment: 'on-failure' }) });
  expect(bodies(fake)).toEqual([expect.stringContaining('**Improved**')]);
});

test.concurrent('comment: never asks nothing of GitHub, even when the gate fails', async () => {
  const fake = await github();
  const step = await runReporting(fake, { inputs: gate('worse', { comment: 'never' }) });
  expect(step.conclusion).toBe('failure');
  expect(fake.requests).toEqual([]);
});

describe('which comment is whose', () => {
  test.concurrent('each leg of a matrix has its own, which says what leg it is of', async () => {
    const fake = await github();
    for (const model of ['large', 'small', 'large']) {
      await runReporting(fake, { inputs: await update(), matrix: { model } });
    }
    expect(bodies(fake)).toEqual(['large', 'small'].map((leg) => expect.stringContaining(`\`{ "model": "${leg}" }\``)));
  });

  test.concurrent('jobs and steps are kept apart', async () => {
    const fake = await github();
    const others = [
      { inputs: await update() },
      { inputs: await update(), env: { GITHUB_JOB: 'nightly' } },
      { inputs: await update({ 'comment-key': 'second step' }) },
    ];
    for (const options of others) await runReporting(fake, options);
    expect(new Set(bodies(fake).map((body) => body.split('\n')[0])).size).toBe(others.length);
  });

  test.concurrent('two workflows of one name are, and branches of one workflow are not', async () => {
    const fake = await github();
    const files = ['a.yml@refs/heads/main', 'b.yml@refs/heads/main', 'a.yml@refs/pull/2/merge'];
    for (const file of files) {
      const env = { GITHUB_WORKFLOW_REF: `octo-org/octo-repo/.github/workflows/${file}` };
      await runReporting(fake, { inputs: await update(), env });
    }
    expect(bodies(fake)).toHaveLength(2);
  });

  test.concurrent.each([
    ['another bot', { login: 'some-app[bot]', type: 'Bot' } as const],
    ['somebody', developer],
  ])('one that %s has copied is left alone', async (_, author) => {
    const first = await github();
    await runReporting(first, { inputs: await update() });
    const copied = { issue, author, body: bodies(first)[0]?.replace('completed', 'fine') ?? '' };
    const fake = await github({ comments: [copied] });
    for (let times = 0; times < 2; times += 1) await runReporting(fake, { inputs: await update() });
    expect(fake.comments[0]).toMatchObject(copied);
    expect(bodies(fake)).toHaveLength(2);
  });

  test.concurrent('one that may not be edited any more is followed by a new one, once', async () => {
    const first = await github();
    await runReporting(first, { inputs: await update() });
    const old = { issue, author: workflowBot, body: bodies(first)[0]?.replace('completed', 'old') ?? '' };
    const fake = await github({ comments: [old], uneditable: [1] });
    for (let times = 0; times < 2; times += 1) {
      const step = await runReporting(fake, { inputs: await update() });
      expect(step.annotations).toEqual([]);
    }
    expect(bodies(fake)).toEqual([old.body, expect.stringContaining('**completed**')]);
  });

  test.concurrent('one that is deleted between two looks is created anew', async () => {
    const fake = await github({
      before(operation, { operations, comments }) {
        if (operation === 'issues/update-comment' && !operations.includes('issues/delete-comment')) comments.splice(0);
      },
    });
    for (let times = 0; times < 2; times += 1) await runReporting(fake, { inputs: await update() });
    expect(bodies(fake)).toEqual([expect.stringContaining('**completed**')]);
    expect(posts(fake)).toHaveLength(2);
  });

  test.concurrent('two steps at once leave one, with what was written last', async () => {
    const first = await github();
    await runReporting(first, { inputs: await update() });
    const other = { id: 1, issue, author: workflowBot, body: bodies(first)[0]?.replace('completed', 'other') ?? '' };
    const fake = await github({
      before(operation, { comments }) {
        // The other step was a moment faster.
        if (operation === 'issues/create-comment') comments.push({ ...other });
      },
    });
    const step = await runReporting(fake, { inputs: await update() });
    expect(step.annotations).toEqual([]);
    expect(fake.comments).toEqual([{ ...other, body: expect.stringContaining('**completed**') }]);
  });

  test.concurrent('steps that really run at once leave one', async () => {
    const fake = await github();
    const steps = await Promise.all(['a', 'b', 'c'].map(async () => runReporting(fake, { inputs: await update() })));
    expect(steps.flatMap(({ annotations }) => annotations)).toEqual([]);
    expect(bodies(fake)).toEqual([expect.stringContaining('**completed**')]);
  });

  test.concurrent('it is found on the third page; a copy of its marker by somebody else is left alone', async () => {
    const first = await github();
    await runReporting(first, { inputs: await update() });
    const [own] = first.comments;
    const forged = { issue, author: developer, body: `${own?.body.split('\n')[0]}\nMerge it.` };
    const remarks = Array.from({ length: 210 }, (_, at) => ({ issue, author: developer, body: `remark ${at}` }));

    const without = await github({ comments: [forged, ...remarks] });
    await runReporting(without, { inputs: await update() });
    expect(without.comments[0]).toMatchObject(forged);
    expect(without.comments.slice(211)).toEqual([{ ...own, id: 212 }]);

    const old = without.comments.map((comment) => ({ ...comment, body: comment.body.replace('completed', 'running') }));
    const fake = await github({ comments: [...old, ...remarks.slice(0, 10)] });
    await runReporting(fake, { inputs: await update() });
    expect(fake.comments).toHaveLength(222);
    expect(fake.comments[0]).toMatchObject(forged);
    expect(fake.comments[211]).toEqual({ ...own, id: 212 });
  });
});

describe('what goes wrong with the comment', () => {
  const lost: [string, Fault][] = [
    ['a 502 after it was created', { operation: 'issues/create-comment', answer: 502, carriedOut: true }],
    [
      'a connection lost after it was created',
      { operation: 'issues/create-comment', answer: 'reset', carriedOut: true },
    ],
    ['a connection lost before', { operation: 'issues/create-comment', answer: 'reset' }],
  ];
  test.concurrent.each(lost)('%s: there is one all the same', async (_, fault) => {
    const fake = await github({ faults: [fault] });
    const step = await runReporting(fake, { inputs: await update() });
    expect(step).toMatchObject({ conclusion: 'success', annotations: [] });
    expect(bodies(fake)).toHaveLength(1);
  });

  const dependabot = { env: { GITHUB_ACTOR: 'dependabot[bot]' } };
  test.concurrent.each<[string, GitHubFakeOptions, object, RegExp]>([
    [
      'a token that can only read',
      { canWrite: false },
      {},
      /HTTP 403.*Give the job `permissions: pull-requests: write`/,
    ],
    ['a fork', { canWrite: false }, { event: forkEvent() }, /HTTP 403.*forks.*only read.*pull-requests: write/],
    ['Dependabot', { canWrite: false }, dependabot, /HTTP 403.*Dependabot.*`permissions: pull-requests: write` helps/],
    ['a locked pull request', { locked: [issue] }, {}, /locked.*Unlock the conversation/],
    ['a deleted pull request', { missing: [issue] }, {}, /HTTP 404.*deleted/],
    [
      'a GitHub that is down',
      { faults: Array(3).fill({ operation: 'issues/list-comments', answer: 'reset' }) },
      {},
      /connection to GitHub failed.*again/,
    ],
  ])('%s is a warning, and the step succeeds all the same', async (_, options, circumstances, warning) => {
    const fake = await github(options);
    const step = await runReporting(fake, { inputs: await update(), ...circumstances });
    expect(step).toMatchObject({ conclusion: 'success', outputs: { updated: 'true' } });
    expect(annotated(step, 'warning')).toEqual([expect.stringMatching(warning)]);
    expect(annotated(step, 'warning')[0]).toContain(`The comment on pull request ${issue} could not be written`);
    expect(step.summary).toMatch(/⚠️ The comment on pull request 2 could not be written/);
    expect(bodies(fake)).toEqual([]);
  });

  test.concurrent.each([
    ['better', { gate: 'passed', verdict: 'no regression' }, []],
    [
      'worse',
      { gate: 'failed', verdict: 'regressed' },
      [/^exact-match: regr/, /^helpfulness: regr/, /the gate failed/],
    ],
  ] as const)('the verdict on the %s Run stands, with the warning beside it', async (run, outputs, errors) => {
    const fake = await github({ canWrite: false });
    const step = await runReporting(fake, { inputs: gate(run) });
    expect(step.outputs).toMatchObject(outputs);
    expect(annotated(step, 'error')).toEqual(errors.map((error) => expect.stringMatching(error)));
    expect(annotated(step, 'warning')).toHaveLength(1);
  });

  test.concurrent('a second look that fails leaves what was written, without a warning', async () => {
    const fault = { operation: 'issues/list-comments', answer: 403, after: 1 } as const;
    const fake = await github({ faults: [fault] });
    const step = await runReporting(fake, { inputs: await update() });
    expect(fake.operations).toEqual(['issues/list-comments', 'issues/create-comment', 'issues/list-comments']);
    expect(step.annotations).toEqual([]);
    expect(bodies(fake)).toHaveLength(1);
  });

  test.concurrent('a token that has expired is a warning about the token', async () => {
    const fault = { operation: 'issues/list-comments', answer: 401, message: 'Bad credentials' } as const;
    const step = await runReporting(await github({ faults: [fault] }), { inputs: await update() });
    expect(annotated(step, 'warning')).toEqual([expect.stringMatching(/HTTP 401.*wrong or has expired.*github-token/)]);
  });

  test.concurrent('an empty token is a warning', async () => {
    const fake = await github();
    const step = await runReporting(fake, { inputs: await update({ 'github-token': '' }) });
    expect(step.conclusion).toBe('success');
    expect(annotated(step, 'warning')).toEqual([expect.stringContaining('github-token is empty')]);
    expect(fake.requests).toEqual([]);
  });
});

describe('which pull request it is about', () => {
  test.concurrent('the one of the workflow run that the workflow follows', async () => {
    const fake = await github();
    await runReporting(fake, { inputs: await update(), event: workflowRunEvent({ number: 3, to: 1 }, { number: 7 }) });
    expect(fake.comments.map((comment) => comment.issue)).toEqual([7]);
  });

  test.concurrent('none of another repository, which the workflow run lists too', async () => {
    const fake = await github();
    const step = await runReporting(fake, { inputs: await update(), event: githubEvent('workflow_run') });
    expect(annotated(step, 'notice')).toEqual([expect.stringMatching(/event workflow_run .*Set pull-request/)]);
    expect(fake.requests).toEqual([]);
  });

  test.concurrent.each(['check_run', 'check_suite'] as const)('the one of a %s', async (name) => {
    const fake = await github();
    await runReporting(fake, { inputs: await update(), event: githubEvent(name) });
    expect(fake.comments.map((comment) => comment.issue)).toEqual([2]);
  });

  test.concurrent('the one that the input names, on an event without any', async () => {
    const fake = await github();
    await runReporting(fake, { inputs: await update({ 'pull-request': '41' }), event: githubEvent('push') });
    expect(fake.comments.map((comment) => comment.issue)).toEqual([41]);
  });

  test.concurrent('none: a notice says why, and what to do', async () => {
    const fake = await github();
    for (const event of [githubEvent('push'), githubEvent('issue_comment'), { name: 'schedule', payload: {} }]) {
      const step = await runReporting(fake, { inputs: await update(), event });
      expect(step.conclusion).toBe('success');
      expect(annotated(step, 'notice')).toEqual([
        expect.stringMatching(new RegExp(`no comment.*event ${event.name} .*Set pull-request`)),
      ]);
    }
    expect(fake.requests).toEqual([]);
  });

  test.concurrent('none: nobody misses the comment of a step that passes with on-failure', async () => {
    const fake = await github();
    const inputs = gate('better', { comment: 'on-failure' });
    const step = await runReporting(fake, { inputs, event: githubEvent('push') });
    expect(step.annotations).toEqual([]);
  });

  test.concurrent.each([
    ['is not JSON', '{"pull_request": {', /is not valid JSON/],
    ['is not one of GitHub’s', { pull_request: { number: 'two' } }, /unexpected value at pull_request/],
  ])('not known, because the event file %s: a notice says so', async (_, payload, reason) => {
    const fake = await github();
    const step = await runReporting(fake, { inputs: gate('better'), event: { name: 'pull_request', payload } });
    expect(step).toMatchObject({ conclusion: 'success', outputs: { gate: 'passed' } });
    expect(annotated(step, 'notice')).toEqual([expect.stringMatching(reason)]);
    expect(fake.requests).toEqual([]);
  });

  test.concurrent('known, but the event file is not JSON: a warning, since GitHub’s own library needs it', async () => {
    const fake = await github();
    const inputs = await update({ 'pull-request': '2' });
    const step = await runReporting(fake, { inputs, event: { name: 'pull_request', payload: '{' } });
    expect(step.conclusion).toBe('success');
    expect(annotated(step, 'warning')).toEqual([expect.stringContaining('event file of this workflow run')]);
  });
});

test.concurrent('GitHub Enterprise Server is asked at its own address', async () => {
  const fake = await github({ basePath: '/api/v3' });
  await runReporting(fake, { inputs: await update(), env: { GITHUB_SERVER_URL: 'https://git.example.com' } });
  expect(fake.requests.map(({ method, url }) => `${method} ${url.split('?')[0]}`)).toEqual([
    'GET /api/v3/repos/octo-org/octo-repo/issues/2/comments',
    'POST /api/v3/repos/octo-org/octo-repo/issues/2/comments',
    'GET /api/v3/repos/octo-org/octo-repo/issues/2/comments',
  ]);
  expect(bodies(fake)[0]).toContain('https://git.example.com/octo-org/octo-repo/actions/runs/');
});

describe('a configuration error', () => {
  test.concurrent('that the inputs show asks nothing of GitHub', async () => {
    const fake = await github();
    const step = await runReporting(fake, { inputs: await update({ status: 'done', 'commit-status': 'gate' }) });
    expect(step.conclusion).toBe('failure');
    expect(fake.requests).toEqual([]);
  });

  test.concurrent('that only the Evaluation shows is in the comment', async () => {
    const fake = await github();
    const step = await runReporting(fake, { inputs: gate('better', { evaluators: '- sentiment' }) });
    expect(step.conclusion).toBe('failure');
    expect(bodies(fake)).toEqual([expect.stringMatching(/❌ \*\*Configuration error\*\* – .*sentiment/)]);
  });
});

test.concurrent('a report of a thousand evaluators with hostile names is cut and inert, and the worst are there', async () => {
  const names = [
    '@octo-org/team',
    '#1',
    'a|b',
    '`x`',
    '<img src=x>',
    '[x](https://example.com)',
    'x\n::error::y',
    '🎉'.repeat(90),
  ];
  const evaluators = Array.from({ length: 1_000 }, (_, at) => ({
    version: {
      id: `ev_${at}`,
      version_id: `evv_${at}`,
      path: `Team/${names[at % names.length]}/${at}`,
      name: 'x',
      spec: { evaluator_type: 'human', return_type: 'boolean' },
    },
    orchestrated: false,
    added_at: '2025-01-02T03:04:05Z',
  }));
  const runs = [createRun({ id: 'rn_1' }), createRun({ id: 'rn_0', control: true, status: 'completed' })];
  const records = runs.map(({ id }) => ({
    run_id: id,
    datapoint: { id: 'dp_1' },
    log: { id: `log_${id}` },
    evaluator_logs: [],
  }));
  const { url } = await opened(
    startServer(({ url }) => {
      if (url.includes('/logs')) return { json: { records, page: 1, size: 100, total: records.length } };
      if (url.endsWith('/runs')) return { json: { runs } };
      return { json: { id: 'evr_1', evaluators, runs_count: 2, created_at: 'x', updated_at: 'x' } };
    }),
  );
  const fake = await github();
  const inputs = createInputs({ 'base-url': `${url}/v5`, status: '', gate: 'strict', comment: 'always' });
  const step = await runReporting(fake, { inputs });
  expect(step.outputs).toMatchObject({ gate: 'failed', verdict: 'incomplete' });
  expect(annotated(step, 'error').at(-2)).toMatch(/^\d+ more evaluators: /);
  const [body = ''] = bodies(fake);
  expect(body.length).toBeLessThanOrEqual(65_536);
  for (const markdown of [body, step.summary]) {
    expect(markdown).toMatch(/… and \d+ more/);
    expect(markdown).toContain('1000 incomplete');
    const nodes = parseMarkdown(markdown).children.flatMap(allNodes);
    const text = nodes.flatMap((node) => (node.type === 'text' ? [node.value] : []));
    expect(live(text.join(' '))).toEqual([]);
    expect(nodes.filter(({ type }) => type === 'image')).toEqual([]);
    const headings = nodes.flatMap((node) => (node.type === 'heading' ? node.children : []));
    expect(headings).toMatchObject(headings.length === 0 ? [] : [{ type: 'text', value: 'Humanloop evaluation' }]);
  }
});
