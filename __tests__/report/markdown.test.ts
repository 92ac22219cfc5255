import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'yaml';
import type { Remedy } from '../../src/gate/gate.ts';
import { renderComment, renderSummary } from '../../src/report/markdown.ts';
import type { ChangedDatapoints, GateReport, Report, Row } from '../../src/report/report.ts';
import { hostileReport, manyEvaluators, reportWith } from '../support/hostile-report.ts';
import { parseMarkdown, tablesIn, textOf } from '../support/markdown.ts';
import {
  createChange,
  createRow,
  exactMatchRegressed,
  formatIncomplete,
  green,
  incomplete,
  inconclusive,
  latencyInconclusive,
  plainUpdate,
  red,
  timedOut,
  warned,
} from '../support/sample-reports.ts';

function gateWith(row: Row): GateReport {
  const comparison = { confidence: 0.95, family_size: 1, evaluators: [row] };
  return {
    mode: 'regression',
    outcome: 'passed',
    verdict: row.verdict === 'regressed' ? 'regressed' : 'inconclusive',
    comparison,
  };
}

const heading = '### Humanloop evaluation\n\n';

function lead(markdown: string): string {
  const [first] = parseMarkdown(markdown).children;
  return first ? textOf(first) : '';
}

/** A comment without its heading. */
function below(comment: string): string {
  expect(comment.slice(0, heading.length)).toBe(heading);
  return comment.slice(heading.length);
}

test('names the versions that were compared, and gives the id of one that has no name', () => {
  const version = { type: 'prompt', version_id: 'prv_1', version_name: null, name: 'answer', path: 'bot/answer' };
  const gate: GateReport = {
    ...gateWith(exactMatchRegressed),
    controlRunId: 'rn_control',
    controlVersion: version,
    runVersion: { ...version, version_id: 'prv_2', version_name: 'shorter' },
  };
  expect(renderSummary({ ...red, gate })).toContain(
    '(`answer`, version `shorter`), compared with control `rn_control` (`answer`, version `prv_1`).',
  );
});

describe('the first sentence says it all', () => {
  test.each<[string, Report, RegExp]>([
    [
      'regressed',
      red,
      /^❌ Regressed – exact-match fell by 20\.0 points, from 85\.0% to 65\.0%: more than the 2\.0 points tolerated/,
    ],
    ['improved', green, /^✅ Improved – better in tone by 15\.3 points, worse in none\.$/],
    [
      'no regression, though little could be seen',
      inconclusive,
      /^✅ No regression found – the data would have shown a drop of 10\.1 points or more in grounded four times out of five\.$/,
    ],
    [
      'a warning',
      warned,
      /^⚠️ Warning – latency-ms rose by 55, from 1840 to 1895: more than the 37 tolerated, but chance can explain it\.$/,
    ],
    ['incomplete', incomplete, /^❌ Incomplete – valid-json cannot be compared: 12 of the control’s 100/],
    ['plain update', plainUpdate, /^✅ Run rn_\w+ of evr_\w+ is completed\.$/],
    ['timeout', timedOut, /^❌ The judgments are not complete – 18 of 120 judgments are missing/],
  ])('%s', (_, report, sentence) => {
    expect(lead(renderSummary(report))).toMatch(sentence);
    expect(lead(below(renderComment(report)))).toMatch(sentence);
  });

  test('of a gate that failed although nothing could be shown is a failure', () => {
    const gate = inconclusive.gate && ({ ...inconclusive.gate, mode: 'strict', outcome: 'failed' } as const);
    expect(lead(renderSummary({ ...inconclusive, ...(gate && { gate }) }))).toMatch(
      /^❌ Inconclusive – grounded may have got worse by more than the 2\.0 points .*100 datapoints .* 10\.1 points or more\.$/,
    );
  });

  test('of a comparison with a warning about itself is that warning, said once', () => {
    const warning = 'The Run was made with another dataset.';
    const gate = green.gate && { ...green.gate, warning };
    const text = renderSummary({ ...green, ...(gate && { gate }), warnings: ['First.', warning] });
    expect(lead(text)).toBe(`⚠️ Warning – ${warning}`);
    expect(text.match(/another dataset/g)).toHaveLength(1);
    expect(text).toContain('⚠️ First.');
  });

  test.each([
    [
      [0.1, 0.2, 0.3],
      'a drop of 10.0 points or more in a, 20.0 points or more in b, 30.0 points or more in c four times out of five.',
    ],
    [
      [0.1, 0.2, 0.3, 0.4, 0.5],
      'a drop of 10.0 points or more in a, 20.0 points or more in b, 30.0 points or more in c four times out of five; the numbers below have 2 more.',
    ],
    [[0.1, null], 'a drop of 10.0 points or more in a four times out of five. In b, they are too few to show any.'],
    [
      [0.1, null, null],
      'a drop of 10.0 points or more in a four times out of five. In b and 1 other, they are too few to show any.',
    ],
  ])('says what drops of %j the data would have shown', (drops, words) => {
    const evaluators = drops.map((detectable_drop, at) => createRow({ path: 'abcde'.charAt(at), detectable_drop }));
    const comparison = { confidence: 0.95, family_size: 1, evaluators };
    const gate = { mode: 'regression', outcome: 'passed', verdict: 'inconclusive', comparison } as const;
    expect(lead(renderSummary({ ...plainUpdate, gate }))).toBe(
      `✅ No regression found – the data would have shown ${words}`,
    );
  });

  test('says that the data are too few to show anything', () => {
    const comparison = { confidence: 0.95, family_size: 1, evaluators: [createRow({ path: 'a' })] };
    const gate = { mode: 'regression', outcome: 'passed', verdict: 'inconclusive', comparison } as const;
    expect(lead(renderSummary({ ...plainUpdate, gate }))).toBe(
      '✅ No regression found – the data are too few to show any drop.',
    );
  });

  test('an error leads unless the verdict itself fails the step', () => {
    const error = { title: 'The control changed', message: 'It is another Run now.', advice: 'Run the job again.' };
    expect(lead(renderSummary({ ...green, promoted: false, error }))).toMatch(
      /^❌ The control changed – It is another Run now\.$/,
    );
    const both = renderSummary({ ...red, error });
    expect(lead(both)).toMatch(/^❌ Regressed/);
    expect(both).toContain('It is another Run now.');
    expect(both).toContain('Run the job again.');
  });

  test('a drop that only more decimals distinguish from the tolerated one gets them', () => {
    const row = createRow({ ...exactMatchRegressed, difference: -0.0201, control: 0.5, run: 0.4799 });
    const report: Report = {
      ...red,
      gate: {
        mode: 'regression',
        outcome: 'failed',
        verdict: 'regressed',
        comparison: { confidence: 0.95, family_size: 1, evaluators: [row] },
      },
    };
    expect(lead(renderSummary(report))).toMatch(
      /fell by 2\.01 points, from 50\.00% to 47\.99%: more than the 2\.00 points/,
    );
  });

  test.each([
    [{ status: 'completed', changed: true }, 'is completed'],
    [{ status: 'cancelled', changed: true }, 'is cancelled'],
    [{ status: 'completed', changed: false }, 'was already completed'],
    [{ status: 'completed', control: true, changed: true }, 'is completed and is the control'],
    [{ control: false, changed: true }, 'is not the control'],
  ] as const)('an update %j: %s', (update, words) => {
    expect(lead(renderSummary({ ...plainUpdate, update }))).toMatch(new RegExp(`of evr_\\w+ ${words}\\.$`));
  });

  test('a report mode says what would have happened', () => {
    const report: Report = { ...red, gate: { mode: 'report', outcome: 'failed', verdict: 'no control' } };
    expect(renderSummary(report)).toContain('as `gate: regression` it would have **failed**');
  });

  test.each([
    [['exact-match'], /chance explains\.$/],
    [['exact-match', 'tone'], /chance explains\. The verdict on tone is the same\.$/],
    [['exact-match', 'tone', 'clear'], /chance explains\. The verdict on 2 others is the same\.$/],
  ])('the worst verdict is that of %j', (paths, end) => {
    const evaluators = paths.map((path) => createRow({ ...exactMatchRegressed, path }));
    const comparison = { confidence: 0.95, family_size: 3, evaluators };
    const gate = { mode: 'regression', outcome: 'failed', verdict: 'regressed', comparison } as const;
    expect(lead(renderSummary({ ...red, gate }))).toMatch(end);
  });

  test('a skipped gate says why', () => {
    const report: Report = {
      ...plainUpdate,
      gate: { mode: 'report', outcome: 'skipped', verdict: null, reason: 'The Run was cancelled.' },
    };
    expect(lead(renderSummary(report))).toBe('⏭️ Gate skipped – The Run was cancelled.');
  });
});

describe('what follows', () => {
  const failure = { title: 'No answer', message: 'GET /runs (Run rn_1) broke off.', advice: 'Run the job again.' };

  test('lists all wrong inputs, and says once what to do', () => {
    const message = '2 inputs are wrong:\n- status is "done".\n- control is "maybe".';
    const error = { title: 'Configuration error', message, advice: 'Correct them.' };
    const text = renderSummary({ evaluationId: '', runId: '', error });
    expect(text).toBe(
      '❌ **Configuration error** – 2 inputs are wrong:\n\n- status is "done".\n- control is "maybe".\n\n**What to do:** Correct them.',
    );
  });

  test('claims nothing about a Run that may have been updated', () => {
    const { evaluationId, runId } = plainUpdate;
    expect(renderSummary({ evaluationId, runId, error: failure })).not.toMatch(/left as it is|completed/);
    expect(renderSummary({ ...plainUpdate, error: failure })).toContain('is **completed**');
  });

  test('a gate that had no verdict did not fail against anything', () => {
    const gate = { mode: 'regression', outcome: 'failed', verdict: null } as const;
    expect(renderSummary({ ...plainUpdate, gate, error: failure })).toContain(
      'The gate (regression) came to no verdict.',
    );
  });

  test('a failure besides a failed gate is reported after the verdict, with what to do about both', () => {
    const text = renderSummary({ ...red, error: failure });
    expect(text).toMatch(
      /Regressed[\s\S]*- ❌ \*\*No answer\*\* – GET[\s\S]*What to do:\*\* Look at .* Run the job again\./,
    );
  });

  test('links to the Evaluation and to the workflow run', () => {
    expect(renderSummary(red)).toMatch(
      /<sub>\[Evaluation\]\(<https:\/\/app\.humanloop\.com\/\S+>\) · \[Workflow run\]\(<https:\S+>\) of `Evaluate`, job `gate`<\/sub>$/,
    );
  });
});

describe('the table', () => {
  test('has a row for each evaluator, with words beside the symbols', () => {
    expect(tablesIn(renderSummary(red))[0]).toEqual([
      ['Evaluator', 'Difference 90% interval', 'Datapoints', 'Control', 'This Run'],
      ['❌ exact-match regressed', '−20.0 pts −33.0 … −8.2', '40 9 worse · 1 better', '85.0%', '65.0%'],
      ['⚠️ latency-ms inconclusive lower is better', '+55 −38 … +149', '40 22 worse · 18 better', '1840', '1895'],
      ['⬆️ tone improved', '+15.3 pts +5.9 … +24.7', '36 3 worse · 13 better', '58.3%', '73.6%'],
    ]);
  });

  test('distinguishes evaluators of the same name', () => {
    const evaluators = [
      createRow({ path: 'A/tone' }),
      createRow({ path: 'B/tone' }),
      createRow({ path: 'B/clear', version_id: 'evv_1' }),
      createRow({ path: 'B/clear', version_id: 'evv_2' }),
      createRow({ path: 'short' }),
    ];
    const report: Report = {
      ...green,
      gate: {
        mode: 'report',
        outcome: 'passed',
        verdict: 'no regression',
        comparison: { confidence: 0.95, family_size: 5, evaluators },
      },
    };
    const [rows = []] = tablesIn(renderSummary(report));
    expect(rows.slice(1).map(([name]) => name?.replace(/^✅ (.*) no regression$/, '$1'))).toEqual([
      'A/tone',
      'B/tone',
      'clear (evv_1)',
      'clear (evv_2)',
      'short',
    ]);
  });
});

test('the progress of a wait has a row for each evaluator, those that are missing most first', () => {
  expect(tablesIn(renderSummary(timedOut))).toEqual([
    [
      ['Evaluator', 'Judged', 'Expected'],
      ['⏳ tone', '22', '40'],
      ['✅ exact-match', '40', '40'],
      ['✅ latency-ms', '40', '40'],
    ],
  ]);
});

describe('what is folded away', () => {
  test('holds the numbers, the method, how to repeat it and what would settle it', () => {
    const summaries = [...renderSummary(red).matchAll(/<summary>(.*)<\/summary>/g)].map(([, title]) => title);
    expect(summaries).toEqual([
      'How many datapoints would settle it',
      'The numbers behind each row',
      'How this was judged',
      'Compare again without changing anything',
    ]);
    expect(renderSummary(green)).not.toContain('would settle it');
  });

  test('rounds the datapoints that would settle it up to two digits', () => {
    expect(renderSummary(inconclusive)).toContain('`grounded`: about 3000 datapoints instead of 100');
  });

  test('repeats the comparison with the same Runs and inputs, and changes nothing', () => {
    const gate = red.gate && { ...red.gate, inputs: { 'max-drop': '5%' } };
    const markdown = renderSummary(gate ? { ...red, gate } : red);
    const yaml = parseMarkdown(markdown).children.flatMap((node) =>
      node.type === 'code' && node.lang === 'yaml' ? [node.value] : [],
    );
    expect(yaml.join()).toMatch(
      /run-id: "rn_0a.*\n.*control-run-id: "rn_8K.*\n.*gate: "report"\n(?:.*\n)*.*max-drop: "5%"/,
    );
    expect(yaml.join()).not.toMatch(/status|control:/);
  });
});

describe('the datapoints that changed for the worse', () => {
  const [first = exactMatchRegressed] = red.gate?.comparison?.evaluators ?? [];
  const shown = ['d1', 'd2', 'd3'].map((id) => ({ id, cells: [createChange(id)] }));
  const changed: ChangedDatapoints = {
    columns: [{ row: first, worse: 9, better: 1 }],
    furtherEvaluators: 0,
    shown,
    worse: 9,
    notJudged: 0,
  };
  const withChanged = (changes: Partial<ChangedDatapoints>): Report => ({
    ...red,
    ...(red.gate && { gate: { ...red.gate, changed: { ...changed, ...changes } } }),
  });

  test('have a table, with what is honest about them, and how to see their texts', () => {
    const markdown = renderSummary(withChanged({}));
    expect(tablesIn(markdown)[1]).toEqual([
      ['Datapoint', 'exact-match', 'Logs: control → Run'],
      ...['d1', 'd2', 'd3'].map((id) => [id, 'pass → fail', `log_control_${id} → log_run_${id}`]),
    ]);
    expect(markdown).toContain('**9 datapoints changed for the worse**');
    expect(markdown).toContain('… and 6 more in the file that the output `comparison-file` names.');
    expect(markdown).toContain('At least 1 of these 9 would have changed without any cause: 1 changed for the better.');
    expect(markdown).toContain('Set `show-text: true`');
    expect(markdown).not.toMatch(/datapoint\w* regressed/);
  });

  test('are in the file if none are to be shown', () => {
    const markdown = renderSummary(withChanged({ shown: [] }));
    expect(markdown).toContain('They are in the file that the output `comparison-file` names.');
    expect(markdown).not.toContain('show-text');
  });

  test('name one Log of each side, and count the others of pooled Runs', () => {
    const ids = { control_log_ids: ['log_1', 'log_2', 'log_3'], run_log_ids: ['log_4'] };
    const markdown = renderSummary(withChanged({ shown: [{ id: 'd1', cells: [createChange('d1', ids)] }] }));
    expect(tablesIn(markdown)[1]?.[1]).toEqual(['d1', 'pass → fail', 'log_1 +2 → log_4']);
  });

  test('have their texts in fences, folded away', () => {
    const texts = {
      input: 'question: Where is it?\n```\n</details> @octo-org/team',
      target: undefined,
      control: 'On its way.',
      run: '',
      reasons: [
        { versionId: first.version_id, text: 'It does not say where.' },
        { versionId: 'evv_other', text: 'Never shown.' },
      ],
    };
    const markdown = renderSummary(
      withChanged({ hasTexts: true, shown: [{ id: 'd1', cells: [createChange('d1')], texts }] }),
    );
    const fences = parseMarkdown(markdown).children.flatMap((node) =>
      node.type === 'code' && node.lang === 'text' ? [node.value] : [],
    );
    expect(fences.slice(1)).toEqual([
      'question: Where is it?\nˋˋˋ\n</details> @octo-org/team',
      'On its way.',
      '(empty)',
      'It does not say where.',
    ]);
    expect(markdown).toContain('<summary>What was asked and answered</summary>');
    expect(markdown).toContain('**`d1`** – `exact-match` pass');
    expect(markdown).not.toMatch(/show-text|Target:|Never shown/);
  });
});

describe('what to do about what is incomplete', () => {
  const adviceFor = (remedy: Remedy) => {
    const evaluators = [{ ...formatIncomplete, remedy }];
    const comparison = { confidence: 0.95, family_size: 0, evaluators };
    const gate = { mode: 'regression', outcome: 'failed', verdict: 'incomplete', comparison } as const;
    return renderSummary({ ...plainUpdate, gate });
  };

  test.each<[Remedy, RegExp]>([
    ['evaluator', /What to do:\*\* Correct the evaluator/],
    ['judgments', /What to do:\*\* Complete the missing judgments, or wait for them with `wait-minutes`/],
    ['control', /What to do:\*\* Let the same version of the evaluator judge both Runs\./],
    ['datapoints', /What to do:\*\* Compare Runs of the same datapoints\./],
    ['numbers', /What to do:\*\* Let the evaluator return smaller numbers/],
  ])('fits its cause (%s), and says how a new control is made', (remedy, advice) => {
    expect(adviceFor(remedy)).toMatch(advice);
    expect(adviceFor(remedy)).toContain('run this action once with `gate: off` and `control: true`');
  });
});

test('what a number could not have shown is none', () => {
  const rows = tablesIn(renderSummary({ ...red, gate: gateWith({ ...latencyInconclusive, detectable_drop: null }) }));
  expect(rows.find(([header]) => header?.includes('detectable drop'))?.[1]?.at(-1)).toBe('none');
});

describe('compare again', () => {
  const stepOf = (inputs: Record<string, string>) => {
    const gate = red.gate && { ...red.gate, inputs };
    const action = { uses: 'octo-org/humanloop-evaluation-run@v1', baseUrl: 'https://api.example.com/v5' };
    const markdown = renderSummary({ ...red, action, ...(gate && { gate }) });
    const [yaml = ''] = parseMarkdown(markdown).children.flatMap((node) =>
      node.type === 'code' && node.lang === 'yaml' ? [node.value] : [],
    );
    return { yaml, step: parse(yaml)[0] };
  };

  test('is a step that can be pasted as it is', () => {
    const evaluators = 'tone:\n  max-drop: 5%\n"a|b `c` 🎉\u200b":\n    direction: lower\n';
    expect(stepOf({ evaluators, 'max-drop': '5%' }).step).toEqual({
      uses: 'octo-org/humanloop-evaluation-run@v1',
      with: {
        'api-key': '${{ secrets.HUMANLOOP_API_KEY }}',
        'base-url': 'https://api.example.com/v5',
        'evaluation-id': red.evaluationId,
        'run-id': red.runId,
        'control-run-id': red.gate?.controlRunId,
        gate: 'report',
        confidence: '0.95',
        'max-drop': '5%',
        evaluators,
      },
    });
  });

  test('leaves out an input that is too long, rather than cut it', () => {
    const { step, yaml } = stepOf({ evaluators: '- tone\n'.repeat(2_000) });
    expect(step.with).not.toHaveProperty('evaluators');
    expect(yaml).toContain('# evaluators: as in your workflow');
  });
});

describe('sizes', () => {
  const huge = manyEvaluators(1000);

  const summary = renderSummary(huge);
  const comment = renderComment(huge);

  test('a summary stays under GitHub’s limit and counts what it leaves out', () => {
    expect(Buffer.byteLength(summary)).toBeLessThan(900_000);
    const [, rows = []] = tablesIn(summary);
    const left = 1001 - (rows.length - 1);
    expect(summary).toContain(`… and ${left} more`);
    expect(summary).toContain('All 1001 evaluators: 1 regressed, 1000 inconclusive.');
  });

  test('a comment stays under GitHub’s limit, with the rows that matter', () => {
    expect(comment.length).toBeLessThan(65_000);
    expect(comment).toContain('1001 evaluators: 1 regressed, 1000 inconclusive.');
    expect(tablesIn(comment).flat()).toContainEqual(
      expect.arrayContaining(['❌ exact-match regressed', '−20.0 pts −33.0 … −8.2']),
    );
  });

  test('where evaluators are left out, the worst come first', () => {
    for (const markdown of [summary, comment]) {
      const table = tablesIn(markdown).find(([header]) => header?.includes('Datapoints'));
      expect(table?.[1]).toEqual(expect.arrayContaining(['❌ exact-match regressed']));
    }
  });

  describe('of fifty thousand datapoints, of which a hundred are shown with texts', () => {
    const text = '🎉 表'.repeat(1_000);
    const rows = Array.from({ length: 6 }, (_, at) =>
      createRow({ ...exactMatchRegressed, path: `${text}${at}`, type: 'select', version_id: `evv_${at}` }),
    );
    const cells = rows.map(() => createChange(text, { control_judgments: [text], run_judgments: [text] }));
    const texts = {
      ...{ input: text, target: text, control: text, run: text },
      reasons: rows.map(({ version_id: versionId }) => ({ versionId, text })),
    };
    const changed: ChangedDatapoints = {
      columns: rows.map((row) => ({ row, worse: 50_000, better: 0 })),
      furtherEvaluators: 0,
      hasTexts: true,
      shown: Array.from({ length: 100 }, (_, at) => ({ id: `${at}${text}`, cells, texts })),
      worse: 50_000,
      notJudged: 0,
    };
    const comparison = { confidence: 0.95, family_size: 6, evaluators: rows };
    const report: Report = {
      ...red,
      gate: { mode: 'regression', outcome: 'failed', verdict: 'regressed', comparison, changed },
    };

    test('a summary keeps the rows, and as many texts as fit', () => {
      const markdown = renderSummary(report);
      expect(Buffer.byteLength(markdown)).toBeLessThan(900_000);
      expect(tablesIn(markdown)[1]).toHaveLength(101);
      expect(markdown).toMatch(/The texts of \d+ more do not fit here\./);
    });

    test('a comment keeps the table of the evaluators, and as many rows as fit', () => {
      const comment = renderComment(report);
      expect(comment.length).toBeLessThanOrEqual(65_000);
      expect(tablesIn(comment)[0]).toHaveLength(7);
      expect(tablesIn(comment)[1]?.length).toBeGreaterThan(3);
      expect(comment).not.toContain('What was asked and answered');
      expect(comment).toContain('Their texts do not fit here');
    });
  });

  test('a report of ordinary size is whole in the comment too', () => {
    expect(below(renderComment(red))).toBe(renderSummary(red));
  });
});

test('the number of tables, fences and folds does not depend on what names and reasons hold', () => {
  const shape = (report: Report) =>
    parseMarkdown(renderSummary(report))
      .children.map(({ type }) => type)
      .filter((type) => type === 'table' || type === 'code' || type === 'html').length;
  const texts = Array.from('abcdefghijkl');
  const usual = shape(reportWith({ texts, verdict: 'regressed', outcome: 'failed', mode: 'report', withError: false }));
  fc.assert(
    fc.property(hostileReport, (report) => expect(shape(report)).toBe(usual)),
    { numRuns: 40 },
  );
});
