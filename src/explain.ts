/** Turns any error into words. A module of its own, because a step that succeeds does not need it. */
import {
  AnswerError,
  ConfigurationError,
  HttpError,
  InterruptedError,
  NetworkError,
  type NetworkFailure,
  RedirectError,
  type RequestError,
  RunnerFileError,
  UpdateError,
} from './errors.ts';
import {
  CommitStatusError,
  GateError,
  LogsError,
  RunCancelledError,
  RunNotFoundError,
  WaitTimeoutError,
} from './further-errors.ts';

/** What people read of an error. */
export interface Explanation {
  readonly title: string;
  readonly message: string;
  readonly advice: string;
}

/** Turns any error into a title, a message and advice; never a stack trace. */
export function explain(error: unknown): Explanation {
  if (error instanceof ConfigurationError) {
    const count = error.problems.length;
    return {
      title: 'Configuration error',
      message:
        count === 1 ? error.message : `${count} inputs are wrong:\n${error.problems.map((p) => `- ${p}`).join('\n')}`,
      advice: 'The Run was left as it is. Correct this step in the workflow.',
    };
  }
  if (error instanceof HttpError) return explainHttp(error);
  if (error instanceof RedirectError) {
    return {
      title: `The API answered with a redirect (HTTP ${error.status})`,
      message: `${nameOf(error)} was redirected${error.target && ` to ${error.target}`}. Redirects are not followed, because the API key would travel along.`,
      advice:
        'Set the input base-url to the address that the server redirects to, version included (for example https://api.example.com/v5).',
    };
  }
  if (error instanceof AnswerError) {
    return {
      title: 'The API sent an answer that cannot be used',
      message: `${nameOf(error)}: ${error.message}${openEnd(error)}`,
      advice:
        'Check that base-url is the address of the API itself (it ends in the version, such as /v5) and that no proxy or login page answers in its place.',
    };
  }
  if (error instanceof NetworkError) {
    return {
      title: networkTitles[error.failure],
      message: `${nameOf(error)}: ${error.message}.${openEnd(error)}`,
      advice: networkAdvice[error.failure],
    };
  }
  if (error instanceof UpdateError) {
    return { title: 'The Run is not as asked', message: error.message, advice: error.advice };
  }
  if (error instanceof LogsError) {
    return {
      title: 'The Logs could not be read completely',
      message: error.message,
      advice:
        'Logs that are added or removed during the reading shift the pages: run the job again when the Run rests.',
    };
  }
  if (error instanceof CommitStatusError) {
    return {
      title: 'The commit status could not be written',
      message: error.message,
      advice: 'The step fails, because an older status of this commit would stand and might let a merge through.',
    };
  }
  if (error instanceof GateError) {
    return { title: 'The gate has no verdict to act on', message: error.message, advice: error.advice };
  }
  if (error instanceof RunNotFoundError) {
    return {
      title: 'The Run was not found',
      message: error.message,
      advice: 'Check run-id and evaluation-id: the Run must have been added to this Evaluation.',
    };
  }
  if (error instanceof RunCancelledError) {
    return {
      title: 'The Run was cancelled',
      message: error.message,
      advice: 'A cancelled Run keeps its status. Start a new Run, or correct run-id.',
    };
  }
  if (error instanceof WaitTimeoutError) {
    return {
      title: 'The evaluators did not finish in time',
      message: error.message,
      advice:
        'The Run was left as it is. Run the job again when the judging has come further, raise wait-minutes, or wait for fewer evaluators (input evaluators).',
    };
  }
  if (error instanceof RunnerFileError) {
    return {
      title: `${error.variable} cannot be written`,
      message: error.message,
      advice: 'What this step found cannot be handed on. Check disk space and permissions of the runner’s work folder.',
    };
  }
  if (error instanceof InterruptedError) {
    return {
      title: 'Interrupted',
      message: error.message,
      advice: 'Run the job again to go on: the update can be repeated safely.',
    };
  }
  return {
    title: 'Unexpected failure',
    message: `The step failed in a way it did not foresee (${error instanceof Error ? error.name : typeof error}).`,
    advice: 'Please report it with the version of the action and the log of this step.',
  };
}

function nameOf({ request }: RequestError): string {
  return `${request.method} ${request.path} (${request.subject})`;
}

function openEnd({ request, unclear }: RequestError): string {
  return request.method === 'PATCH' && unclear ? ' Whether it changed the Run is not known.' : '';
}

function explainHttp(error: HttpError): Explanation {
  const said = error.reason ? ` The server says: ${error.reason}` : '';
  const message = `${nameOf(error)} failed with HTTP ${error.status}.${said}${openEnd(error)}`;
  const title = `The API answered with HTTP ${error.status}`;
  if (error.status === 401 || error.status === 403) {
    return {
      title,
      message,
      advice:
        'The key or its rights are not sufficient: check that api-key is a valid key of this server (base-url) and that it may update this Evaluation.',
    };
  }
  if (error.status === 404) {
    return {
      title,
      message,
      advice:
        'Check evaluation-id and run-id, that the Run belongs to this Evaluation, that the key belongs to the same organization, and that base-url ends in the API version.',
    };
  }
  if (error.retryAfter !== undefined) {
    return {
      title,
      message: `${message} It asks to wait ${Math.ceil(error.retryAfter / 1000)} s, longer than this request may take.`,
      advice: 'Run the job again later, or raise request-timeout-seconds.',
    };
  }
  if (error.status === 429 || error.status >= 500 || error.status === 408 || error.status === 425) {
    return {
      title,
      message: `${message} It was retried until the time was up.`,
      advice: 'The server is overloaded or failing. Run the job again later, or raise request-timeout-seconds.',
    };
  }
  return { title, message, advice: 'The server refuses this request. Check the inputs against what it says.' };
}

const networkTitles: Record<NetworkFailure, string> = {
  'unknown host': 'The host of base-url is unknown',
  refused: 'The connection was refused',
  certificate: 'The server’s certificate is not trusted',
  tls: 'No secure connection could be made',
  unreachable: 'The server cannot be reached',
  broken: 'The connection broke off',
  timeout: 'The API did not answer in time',
  proxy: 'The proxy did not connect',
};

const networkAdvice: Record<NetworkFailure, string> = {
  'unknown host':
    'Check the spelling of base-url, and the DNS of the runner. Humanloop’s hosted service was announced to end in September 2025: point base-url at a server that speaks its API.',
  refused: 'Check host and port of base-url, and that the server is running and reachable from the runner.',
  certificate:
    'For a private certificate authority, set NODE_EXTRA_CA_CERTS to its PEM file in the `env:` of the step. Otherwise the certificate has expired or belongs to another host.',
  tls: 'Check host and port of base-url: what answers there does not speak TLS as this runner does. A server without TLS can be used on a loopback host only.',
  unreachable:
    'Check the network of the runner: firewall, proxy (HTTPS_PROXY, NO_PROXY) and routes to the host of base-url.',
  broken: 'Run the job again: the update can be repeated safely.',
  timeout: 'Run the job again later, or raise request-timeout-seconds.',
  proxy: 'Check HTTPS_PROXY and NO_PROXY of the runner, and that the proxy lets the host of base-url through.',
};
