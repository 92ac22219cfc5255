/**
 * Evaluates with nothing but the official client, in a process of its own, as a script of a user does. Prints what `run` returns as
 * JSON in the last line.
 *
 * Usage: node official-client.ts '{"baseUrl":…,"apiKey":…, …}', a `ClientSettings`.
 */
import { HumanloopClient } from 'humanloop';

export interface ClientSettings {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly name: string;
  readonly type: 'flow' | 'prompt';
  /** Every answer of which the number is divisible by this is wrong. */
  readonly wrongEvery: number;
  readonly size: number;
  /** Whether the function is decorated, so that its Logs come as spans. */
  readonly isDecorated?: boolean;
  readonly evaluators: readonly ('exact' | 'length' | 'raises' | 'example')[];
}

const settings: ClientSettings = JSON.parse(process.argv[2] ?? '');
const { type, wrongEvery, size, isDecorated = false } = settings;
const client = new HumanloopClient({ apiKey: settings.apiKey, baseUrl: settings.baseUrl });

interface Judged {
  log: { output?: string };
  datapoint?: { target?: { output?: string } };
}

const evaluators = {
  exact: {
    path: 'official/exact',
    argsType: 'target_required',
    returnType: 'boolean',
    callable: ({ log, datapoint }: Judged) => log.output === datapoint?.target?.output,
    threshold: 0.5,
  },
  length: {
    path: 'official/length',
    argsType: 'target_free',
    returnType: 'number',
    callable: ({ log }: Judged) => log.output?.length,
  },
  raises: {
    path: 'official/raises',
    argsType: 'target_free',
    returnType: 'boolean',
    callable: () => {
      throw new Error('This Evaluator always fails.');
    },
  },
  example: { path: 'Example Evaluators/Code/Exact match' },
};

const answer = async ({ number }: { number: string }) =>
  Number(number) % wrongEvery === 0 ? 'wrong' : `Answer ${number}`;
const path = `official/${isDecorated ? 'decorated' : type}`;
const version = type === 'flow' ? { attributes: { wrongEvery } } : { model: 'small', temperature: wrongEvery / 100 };
const decorated = () => client.flow({ path, attributes: { wrongEvery }, callable: answer });

const parameters: unknown = {
  name: settings.name,
  file: isDecorated ? { path, type, callable: decorated() } : { path, type, callable: answer, version },
  dataset: {
    path: 'official/numbers',
    datapoints: Array.from({ length: size }, (_, number) => ({
      inputs: { number: `${number}` },
      target: { output: `Answer ${number}` },
    })),
  },
  evaluators: settings.evaluators.map((evaluator) => evaluators[evaluator]),
};

// What the client wants of a callable differs between its documentation, its types and its code: the code counts here.
const checks: unknown = await Reflect.apply(client.evaluations.run, client.evaluations, [parameters]);
console.log(JSON.stringify(checks));
