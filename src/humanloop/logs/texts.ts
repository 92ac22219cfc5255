/** What a Log says, for people: picked out of an answer, whatever else is in it. */

export interface LogTexts {
  readonly id: string;
  /** Each is undefined if the Log does not have it. */
  readonly input: string | undefined;
  readonly target: string | undefined;
  readonly output: string | undefined;
  /** What evaluators say besides their judgment. */
  readonly reasons: readonly { readonly versionId: string; readonly text: string }[];
}

/** Many times what a report shows of a text. */
const maxLength = 5_000;
/** Reasons of one Log. More are not read. */
const maxReasons = 100;

type Members = Readonly<Record<string, unknown>>;

/**
 * Picks the texts out of a Log: a record of `GET /evaluations/{id}/logs`, or the answer of `GET /logs/{id}`. What is missing or of
 * another shape is left out. A result that was recorded from a file has a datapoint with nothing but an id, and its texts in the Log.
 * @returns undefined if the value is no Log
 */
export function textsOf(value: unknown): LogTexts | undefined {
  const record = membersOf(value);
  const log = 'log' in record ? membersOf(record.log) : record;
  if (typeof log.id !== 'string') return undefined;
  const datapoint = membersOf(record.datapoint);
  return {
    id: log.id,
    input: (hasOnlyAnId(datapoint) ? undefined : inputOf(datapoint)) ?? inputOf(log) ?? inputOf(datapoint),
    target: wordsOf(datapoint.target) ?? wordsOf(membersOf(log.metadata).target),
    output: wordsOf(log.output) ?? messageOf(log.output_message) ?? failureOf(log),
    reasons: itemsOf(record.evaluator_logs).slice(0, maxReasons).flatMap(reasonsOf),
  };
}

function hasOnlyAnId({ inputs }: Members): boolean {
  return Object.keys(membersOf(inputs)).join() === 'id';
}

/** The inputs by name; without any, the messages. Those of the system hold the prompt, which is not what was asked. */
function inputOf({ inputs, messages }: Members): string | undefined {
  const asked = itemsOf(messages).filter((message) => membersOf(message).role !== 'system');
  return wordsOf(inputs) ?? joined(asked.map((message) => messageOf(message)));
}

function messageOf(message: unknown): string | undefined {
  const { role, content, tool_calls: calls } = membersOf(message);
  const said = joined([wordsOf(content), itemsOf(calls).length > 0 ? wordsOf(calls) : undefined]);
  return said === undefined || typeof role !== 'string' || role === 'assistant' ? said : `${role}: ${said}`;
}

function failureOf({ error }: Members): string | undefined {
  const said = typeof error === 'string' && error !== '' ? error : undefined;
  return said && shortened(`Error: ${said}`);
}

/** An evaluator that has a model for a judge keeps in its output what the model wrote. */
function reasonsOf(evaluatorLog: unknown): LogTexts['reasons'] {
  const log = membersOf(evaluatorLog);
  const { version_id: versionId } = membersOf(log.evaluator);
  const said = [wordsOf(log.output) ?? messageOf(log.output_message), wordsOf(log.stdout), failureOf(log)];
  const text = joined(said.filter((each) => each !== wordsOf(log.judgment)));
  return typeof versionId === 'string' && text !== undefined ? [{ versionId, text }] : [];
}

/** Text as it is, objects with a line for each member, everything else as JSON. An empty text is one, an empty object is none. */
function wordsOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string') return shortened(value);
  if (typeof value !== 'object' || Array.isArray(value)) return json(value);
  return joined(
    Object.entries(value).map(
      ([name, member]) => `${name}: ${typeof member === 'string' ? member : (json(member) ?? '…')}`,
    ),
  );
}

/** Undefined if the value is nested too deeply to be written. */
function json(value: unknown): string | undefined {
  try {
    return shortened(JSON.stringify(value));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** One below the other; undefined if there are none. */
function joined(parts: readonly (string | undefined)[]): string | undefined {
  const present = parts.filter((part) => part !== undefined && part !== '');
  return present.length === 0 ? undefined : shortened(present.join('\n'));
}

function shortened(text: string): string {
  return text.length > maxLength ? text.slice(0, maxLength).toWellFormed() : text;
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
