/** What was asked and answered at the datapoints that got worse, through the bundle: read after the verdict, and only if asked for. */
import { describe, expect, test } from '@jest/globals';
import { type Example, passOrFail } from '../support/compared.ts';
import { apiKey } from '../support/create-inputs.ts';
import { createEvaluation, type EvaluationState, type Hook, type LogRecord } from '../support/evaluation-server.ts';
import { messagesOf, runGate } from '../support/gated-step.ts';
import { hostileSnippets } from '../support/hostile-text.ts';
import { allNodes, live, parseMarkdown } from '../support/markdown.ts';
import { describeOnPosix } from '../support/posix.ts';
import { sinks } from '../support/runner/runner.ts';

const worse: Example = { ...passOrFail({ worse: 20, passed: 100 }), path: 'a/exact' };

interface Texts {
  readonly input?: unknown;
  readonly target?: unknown;
  readonly output?: unknown;
  readonly reason?: unknown;
}

/** A Run that is worse, whose Logs say these things of a datapoint. */
function evaluation(
  textsOf: (record: LogRecord) => Texts,
  options: Pick<EvaluationState, 'servesLogs'> = {},
): EvaluationState {
  return createEvaluation([worse], {
    ...options,
    logOf: (record) => {
      const { input, target, output, reason } = textsOf(record);
      return {
        ...record,
        datapoint: { ...record.datapoint, target },
        log: { ...record.log, inputs: input, output },
        evaluator_logs: record.evaluator_logs.map((log) => ({ ...log, output: reason })),
      };
    },
  });
}

const told = ({ run_id, datapoint }: LogRecord): Texts => ({
  input: { question: `Where is order ${datapoint.id}?` },
  target: { answer: `At the depot ${datapoint.id}.` },
  output: `${run_id} says: it is ${datapoint.id}.`,
  reason: `The place is missing in ${datapoint.id}.`,
});

const show = { inputs: { 'show-text': 'true', 'show-datapoints': '3' } };

/** What stands in the fences behind the plot. */
function fencesIn(markdown: string): string[] {
  const fences = parseMarkdown(markdown).children.flatMap((node) =>
    node.type === 'code' && node.lang === 'text' ? [node.value] : [],
  );
  return fences.slice(1);
}

const paths = (requests: readonly { readonly url: string }[]) => requests.map(({ url }) => url.replace('/v5', ''));
const logRequests = (requests: readonly { readonly url: string }[]) =>
  paths(requests).filter((path) => path.startsWith('/logs/'));

describe('show-text: true', () => {
  test.concurrent('reads the Logs of the rows shown, and no other, after the verdict', async () => {
    const step = await runGate(evaluation(told, { servesLogs: true }), show);
    expect(step.comparison?.verdict).toBe('regressed');
    const expected = ['d0', 'd1', 'd10'].flatMap((id) => [`/logs/log_rn_control_${id}`, `/logs/log_rn_1_${id}`]);
    expect(logRequests(step.requests).toSorted()).toEqual(expected.toSorted());
    expect(
      paths(step.requests)
        .slice(-expected.length)
        .every((path) => path.startsWith('/logs/')),
    ).toBe(true);
    // A Log has no datapoint, and so no target.
    expect(fencesIn(step.summary)).toEqual(
      ['d0', 'd1', 'd10'].flatMap((id) => [
        `question: Where is order ${id}?`,
        `rn_control says: it is ${id}.`,
        `rn_1 says: it is ${id}.`,
        `The place is missing in ${id}.`,
      ]),
    );
    expect(step.summary).not.toContain('Set `show-text: true`');
  });

  test.concurrent('reads the pages again if the server has no such route', async () => {
    const step = await runGate(evaluation(told), show);
    expect(fencesIn(step.summary).slice(0, 5)).toEqual([
      'question: Where is order d0?',
      'answer: At the depot d0.',
      'rn_control says: it is d0.',
      'rn_1 says: it is d0.',
      'The place is missing in d0.',
    ]);
    expect(fencesIn(step.summary)).toHaveLength(15);
    expect(messagesOf(step, 'notice')).toEqual([]);
    // At most four in flight find out that there is no route, and the pages are those of before.
    expect(logRequests(step.requests).length).toBeLessThanOrEqual(4);
    const pages = paths(step.requests).filter((path) => path.includes('/logs?'));
    expect(new Set(pages).size).toBeGreaterThanOrEqual(pages.length / 2);
  });

  test.concurrent('reads again if the server does not allow it', async () => {
    const hook: Hook = ({ url }) => (url.includes('/v5/logs/') ? { status: 405, json: { detail: 'No.' } } : undefined);
    expect(fencesIn((await runGate(evaluation(told), { ...show, hook })).summary)).toHaveLength(15);
  });

  test.concurrent('shows texts in summary and comment only, cut to 500 characters', async () => {
    const secret = 'Zanzibar';
    const state = evaluation(
      () => ({ input: { q: `${secret} ${'word '.repeat(400)}` }, output: secret, reason: secret }),
      {
        servesLogs: true,
      },
    );
    const step = await runGate(state, show);
    expect(step.summary.match(/Zanzibar/g)).toHaveLength(3 * 4);
    const { summary, fileCommands, ...elsewhere } = step;
    expect(JSON.stringify([elsewhere.outputs, elsewhere.log, elsewhere.annotations, elsewhere.files])).not.toContain(
      secret,
    );
    const [input = ''] = fencesIn(summary);
    expect(Array.from(input.replaceAll('\n', ' ')).length).toBeLessThanOrEqual(500);
    expect(input).toMatch(/…$/);
    expect(Math.max(...input.split('\n').map((line) => line.length))).toBeLessThanOrEqual(76);
  });

  test.concurrent.each([['false'], [undefined]])('is not so if it is %s: no Log is read', async (value) => {
    const step = await runGate(evaluation(told, { servesLogs: true }), {
      inputs: { ...(value !== undefined && { 'show-text': value }) },
    });
    expect(logRequests(step.requests)).toEqual([]);
    expect(step.summary).toContain('Set `show-text: true`');
  });

  test.concurrent('without a gate reads nothing', async () => {
    const step = await runGate(evaluation(told, { servesLogs: true }), {
      inputs: { 'show-text': 'true', gate: 'off', status: 'completed' },
    });
    expect(step.exitCode).toBe(0);
    expect(paths(step.requests)).toHaveLength(1);
  });
});

describe('texts that cannot be read', () => {
  test.concurrent.each<[what: string, hook: Hook, words: RegExp]>([
    ['a failing server', () => ({ status: 500, json: { detail: 'Out of order.' } }), /HTTP 500.*Out of order/],
    ['an answer that is no Log', () => ({ json: ['x'] }), /is not about this Log/],
    ['another Log', () => ({ json: { id: 'log_other', output: 'x' } }), /is not about this Log/],
    ['a slow server', () => ({ delayMs: 10_000, json: {} }), /did not arrive within 2 s|no complete answer/],
  ])('are a note, and the verdict is the same: %s', async (_, answer, words) => {
    const hook: Hook = (request, state) => (request.url.includes('/v5/logs/') ? answer(request, state) : undefined);
    const step = await runGate(evaluation(told), {
      inputs: { ...show.inputs, gate: 'report', 'request-timeout-seconds': '2' },
      hook,
    });
    expect(step).toMatchObject({ exitCode: 0, outputs: { gate: 'failed', verdict: 'regressed' } });
    expect(messagesOf(step, 'notice')).toEqual([expect.stringMatching(words)]);
    expect(step.summary).toContain('20 datapoints changed for the worse');
    expect(fencesIn(step.summary)).toEqual([]);
  });

  test.concurrent('leave those that could be read', async () => {
    const hook: Hook = ({ url }) => (url.endsWith('_d10') ? { status: 403, json: { detail: 'Not this.' } } : undefined);
    const step = await runGate(evaluation(told, { servesLogs: true }), { ...show, hook });
    expect(step.outputs.verdict).toBe('regressed');
    expect(messagesOf(step, 'notice')).toEqual([expect.stringContaining('Not this')]);
    expect(fencesIn(step.summary)).toContain('rn_control says: it is d0.');
  });
});

describeOnPosix('a signal', () => {
  test.concurrent('ends the reading, and the verdict is there already', async () => {
    const cancel = new AbortController();
    const hook: Hook = ({ url }) => {
      if (!url.includes('/v5/logs/')) return undefined;
      cancel.abort();
      return { delayMs: 20_000, json: {} };
    };
    const start = performance.now();
    const step = await runGate(evaluation(told), {
      inputs: { ...show.inputs, 'request-timeout-seconds': '60' },
      hook,
      signal: cancel.signal,
    });
    expect(performance.now() - start).toBeLessThan(15_000);
    expect(step).toMatchObject({ exitCode: 1, outputs: { gate: 'failed', verdict: 'regressed' } });
    expect(step.summary).toContain('interrupted');
  });
});

describe('hostile texts', () => {
  test.concurrent.each([
    ['by id', true],
    ['on pages', false],
  ])('read %s are inert', async (_, servesLogs) => {
    const everything = hostileSnippets.join('\n').toWellFormed();
    const snippets = [0, 12, 24, 36, 48, 60].map((from) => hostileSnippets.slice(from, from + 12).join(' '));
    const state = evaluation(
      ({ datapoint, run_id }) => {
        const text = snippets[(datapoint.id.length + run_id.length) % snippets.length];
        return {
          input: { [everything]: text, '```': '```\n~~~' },
          target: snippets,
          output: everything,
          reason: snippets,
        };
      },
      { servesLogs },
    );
    const step = await runGate(state, { inputs: { 'show-text': 'true', 'show-datapoints': '20' } });
    const nodes = allNodes(parseMarkdown(step.summary));
    expect(fencesIn(step.summary)).toHaveLength(20 * (servesLogs ? 4 : 5));
    const words = nodes.map((node) => (node.type === 'text' ? node.value.replace('<\u00a00.0001', '0') : ''));
    expect(live(words.join(' '))).toEqual([]);
    const html = nodes.flatMap((node) => (node.type === 'html' ? [node.value] : []));
    expect(
      html.filter((value) => !/^(?:<details>\n<summary>[\w ]+<\/summary>|<\/details>|<br>|<\/?sub>)$/.test(value)),
    ).toEqual([]);
    expect(nodes.filter(({ type }) => /image|heading|blockquote|thematicBreak|footnote/.test(type))).toEqual([]);
    expect(step.summary.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  });

  test.concurrent.each([
    ['by id', true],
    ['on pages', false],
  ])('with the key in them, read %s, lose it', async (_, servesLogs) => {
    const state = evaluation(
      () => ({ input: { key: `x${apiKey}x` }, output: `It is ${apiKey}.`, reason: `${'word '.repeat(98)}${apiKey}` }),
      { servesLogs },
    );
    const step = await runGate(state, show);
    expect(sinks(step)).not.toContain(apiKey);
    expect(fencesIn(step.summary)).toEqual(expect.arrayContaining(['key: x***x', 'It is ***.']));
  });

  test.concurrent('of another shape or without an end are shown as they are, or cut', async () => {
    const texts: Readonly<Record<string, Texts>> = {
      d0: { input: 7, output: { tool: 'refund' }, reason: [null, 3] },
      d1: { input: { list: [1, { a: 'b' }], name: 'x' }, output: 'x'.repeat(1_000_000) },
      d10: {},
    };
    const state = evaluation(({ datapoint }) => texts[datapoint.id] ?? {}, { servesLogs: true });
    const step = await runGate(state, show);
    expect(fencesIn(step.summary).slice(0, 4)).toEqual(['7', 'tool: refund', 'tool: refund', '[null,3]']);
    expect(fencesIn(step.summary)[4]).toBe('list: [1,{"a":"b"}]\nname: x');
    expect(messagesOf(step, 'notice')).toEqual([]);
    expect(step.summary.length).toBeLessThan(20_000);
  });
});
