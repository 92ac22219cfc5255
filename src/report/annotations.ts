/** The report as annotations, which GitHub shows on the page of the workflow run and in the log. */
import { failsGate } from '../gate/mode.ts';
import { plain } from '../text/escape.ts';
import { text } from './log.ts';
import { failsStep, type GateReport, type Report, type Row } from './report.ts';
import { capitalized, concerning, decisive, gateAdvice, gateOutcome, labelsOf, leadOf, rowSentence } from './story.ts';

interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly title?: string;
  readonly message: string;
}

/** The runner keeps so many of a level for each step. */
const maxOfALevel = 10;

/**
 * Evaluators that fail the gate or have a warning, the worst first, then warnings and notes, and last what fails the step
 * and what to do about it. If there are too many evaluators, one annotation counts the rest.
 */
export function annotations(report: Report): Annotation[] {
  const { gate, error, warnings = [], notes = [] } = report;
  const ofStep = [
    ...(failsStep(gate) ? [gateFailure(report, gate)] : []),
    ...(error
      ? [{ level: 'error' as const, title: plain(error.title), message: inert(`${error.message}\n${error.advice}`) }]
      : []),
  ];
  return [
    ...(gate ? evaluatorAnnotations(gate, maxOfALevel - ofStep.length - warnings.length) : []),
    ...warnings.map((warning) => ({ level: 'warning' as const, message: inert(warning) })),
    ...notes.map((note) => ({ level: 'notice' as const, message: inert(note) })),
    ...ofStep,
  ];
}

/** Errors if the gate fails the step, otherwise warnings. */
function evaluatorAnnotations(gate: GateReport, most: number): Annotation[] {
  const labelOf = labelsOf(gate.comparison?.evaluators ?? []);
  const concerned = concerning(gate);
  const shown = concerned.length > most ? concerned.slice(0, Math.max(1, most - 1)) : concerned;
  const levelOf = (row: Row): Annotation['level'] =>
    failsStep(gate) && failsGate(row.verdict, gate.mode) ? 'error' : 'warning';
  const [next] = concerned.slice(shown.length);
  return [
    ...shown.map((row) => ({
      level: levelOf(row),
      title: `${plain(labelOf(row), 80)}: ${row.verdict}`,
      message: rowSentence(row, labelOf(row), text),
    })),
    ...(next
      ? [
          {
            level: levelOf(next),
            title: `${concerned.length - shown.length} more evaluators`,
            message: 'The summary of the job and the file that the output comparison-file names list them all.',
          },
        ]
      : []),
  ];
}

/** Says why only if the annotations of the evaluators do not, say because there is no control. */
function gateFailure(report: Report, gate: GateReport): Annotation {
  const { title, sentence } = leadOf(report, text);
  const reason = decisive(gate).length > 0 ? gateOutcome(gate, text) : capitalized(sentence);
  return { level: 'error', title: `${title}: the gate failed`, message: `${reason}\n${gateAdvice(gate, text)}` };
}

function inert(message: string): string {
  return message
    .split('\n')
    .map((line) => plain(line, 1000).trimEnd())
    .join('\n');
}
