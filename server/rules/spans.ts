/** OpenTelemetry spans as the official clients send them: every value is a text, and structure is in the names. */

export interface Attribute {
  readonly key: string;
  readonly value: string;
}

/** What the decorator of a Flow says once its function has ended, of the Log that it began. */
export interface FlowSpan {
  readonly logId: string;
  readonly runId: string | null;
  readonly datapointId: string | null;
  /** Fields of the Log, as far as they are said. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const logPrefix = 'humanloop.log.';
const saidFields = ['output', 'error', 'output_message', 'inputs', 'messages'] as const;

/** Undefined for the span of anything but a Flow. */
export function flowSpan(attributes: readonly Attribute[]): FlowSpan | undefined {
  const isFlow = attributes.some(({ key, value }) => key === 'humanloop.file.type' && value === 'flow');
  const own = attributes
    .filter(({ key }) => key.startsWith(logPrefix))
    .map(({ key, value }) => ({ key: key.slice(logPrefix.length), value }));
  const text = (name: string) => own.find(({ key }) => key === name)?.value ?? null;
  const logId = text('id');
  if (!isFlow || logId === null) return undefined;
  const fields = saidFields.flatMap((name) => {
    const value = valueAt(own, name);
    return value === undefined ? [] : [[name, value]];
  });
  return {
    logId,
    runId: text('run_id'),
    datapointId: text('source_datapoint_id'),
    fields: Object.fromEntries(fields),
  };
}

/** Puts together again what was taken apart: `messages.0.role` is the role of the first of a list. */
function valueAt(attributes: readonly Attribute[], name: string): unknown {
  const whole = attributes.find(({ key }) => key === name);
  if (whole !== undefined) return whole.value;
  const inner = attributes
    .filter(({ key }) => key.startsWith(`${name}.`))
    .map(({ key, value }) => ({ key: key.slice(name.length + 1), value }));
  if (inner.length === 0) return undefined;
  const names = [...new Set(inner.map(({ key }) => key.split('.', 1)[0] ?? ''))];
  const members = names.map((member) => [member, valueAt(inner, member)] as const);
  if (!names.every((member) => /^\d+$/.test(member))) return Object.fromEntries(members);
  return members.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value);
}
