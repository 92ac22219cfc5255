/** How a request can fail, one class each. */
import { type Explanation, StepError } from '../errors.ts';
import { isTransientStatus } from './transient-status.ts';

/** A request as messages name it. */
export interface RequestName {
  readonly method: 'GET' | 'PATCH' | 'POST';
  /** Path below the base URL, without the query. */
  readonly path: string;
  /** The Evaluation or Run concerned, in words. */
  readonly subject: string;
}

/** A request ended without a usable answer. */
export abstract class RequestError extends StepError {
  readonly request: RequestName;
  /** Whether an attempt went unanswered, so that it may have been carried out all the same. */
  lost = false;
  /** Whether the request was sent more than once. */
  retried = false;
  constructor(request: RequestName, words: Explanation) {
    super(words);
    this.request = request;
  }

  /** Whether the request may have been carried out, as far as this failure says. */
  get unclear(): boolean {
    return this.lost;
  }

  override explain(): Explanation {
    return { ...super.explain(), message: this.story };
  }

  /** What happened to the request, in whole sentences. The message is what is particular about it. */
  protected get story(): string {
    return `${this.subject}: ${this.message}${this.openEnd}`;
  }

  /** The request, for the beginning of a sentence. */
  protected get subject(): string {
    const { method, path, subject } = this.request;
    return `${method} ${path} (${subject})`;
  }

  /** For the end of a message: that nobody knows whether an update was carried out. Empty unless that is so. */
  protected get openEnd(): string {
    return this.request.method === 'PATCH' && this.unclear ? ' Whether it changed the Run is not known.' : '';
  }
}

/** With these, a gateway says that it passed the request on and got no answer that it could use. */
const unansweredStatuses = new Set([502, 504, 520, 522, 524, 527]);

/** The server answered with an error status. */
export class HttpError extends RequestError {
  override readonly name = 'HttpError';
  readonly status: number;
  /** What the server says, cleaned and cut; empty if it says nothing readable. */
  readonly reason: string;
  /** Milliseconds that the server asks to wait. */
  readonly retryAfter: number | undefined;
  constructor(request: RequestName, status: number, reason: string, retryAfter: number | undefined) {
    super(request, {
      title: `The API answered with HTTP ${status}`,
      message: `HTTP ${status}${reason && `: ${reason}`}`,
      advice: adviceOf(status, retryAfter),
    });
    this.status = status;
    this.reason = reason;
    this.retryAfter = retryAfter;
    this.lost = unansweredStatuses.has(status);
  }

  /** With these, a server or a gateway gives up on what it may have begun. */
  override get unclear(): boolean {
    return this.lost || this.status === 500;
  }

  protected override get story(): string {
    const said = this.reason ? ` The server says: ${this.reason}` : '';
    return `${this.subject} failed with HTTP ${this.status}.${said}${this.openEnd}${this.endOfTries}`;
  }

  /** Why it is not sent again, if it could have been. */
  private get endOfTries(): string {
    if (this.status in ownAdvice) return '';
    if (this.retryAfter !== undefined) {
      return ` It asks to wait ${Math.ceil(this.retryAfter / 1000)} s, longer than this request may take.`;
    }
    return isTransientStatus(this.status) && this.retried ? ' It was retried until the time was up.' : '';
  }
}

const keyAdvice =
  'The key or its rights are not sufficient: check that api-key is a valid key of this server (base-url) and that it may update this Evaluation.';

/** Of statuses that say by themselves what is wrong. */
const ownAdvice: Readonly<Record<number, string>> = {
  401: keyAdvice,
  403: keyAdvice,
  404: 'Check evaluation-id and run-id, that the Run belongs to this Evaluation, that the key belongs to the same organization, and that base-url ends in the API version.',
};

function adviceOf(status: number, retryAfter: number | undefined): string {
  const own = ownAdvice[status];
  if (own !== undefined) return own;
  if (retryAfter !== undefined) return 'Run the job again later, or raise request-timeout-seconds.';
  return isTransientStatus(status)
    ? 'The server is overloaded or failing. Run the job again later, or raise request-timeout-seconds.'
    : 'The server refuses this request. Check the inputs against what it says.';
}

/** The server answered with a redirect, which is never followed: the key would be sent along. */
export class RedirectError extends RequestError {
  override readonly name = 'RedirectError';
  readonly status: number;
  /** Scheme and host that the redirect points to; empty if they cannot be read. */
  readonly target: string;
  /** Whether the target is the address of the request itself, but for slashes at its end. */
  readonly isSame: boolean;
  constructor(request: RequestName, status: number, target: string, isSame: boolean) {
    super(request, {
      title: `The API answered with a redirect (HTTP ${status})`,
      message: `HTTP ${status}`,
      advice: isSame
        ? 'Another base-url does not help: let the server, or the proxy in front of it, answer at the address without the slash, as Humanloop’s API did.'
        : 'Set the input base-url to the address that the server redirects to, version included (for example https://api.example.com/v5).',
    });
    this.status = status;
    this.target = target;
    this.isSame = isSame;
  }

  protected override get story(): string {
    const where = this.isSame
      ? ' to its own address, except for a slash at the end'
      : this.target && ` to ${this.target}`;
    return `${this.subject} was redirected${where}. Redirects are not followed, because the API key would be sent along.`;
  }
}

/** The server answered with success, but the answer cannot be used. */
export class AnswerError extends RequestError {
  override readonly name: string = 'AnswerError';
  /** The update may have been carried out, whatever the answer says. */
  override lost = true;

  constructor(request: RequestName, message: string, advice = answerAdvice) {
    super(request, { title: 'The API sent an answer that cannot be used', message, advice });
  }
}

/** The answer is larger than what is read at most. */
export class AnswerTooLargeError extends AnswerError {
  override readonly name = 'AnswerTooLargeError';
  constructor(request: RequestName, message: string) {
    super(request, message, tooLargeAdvice);
  }
}

const answerAdvice =
  'Check that base-url is the address of the API itself (it ends in the version, such as /v5) and that no proxy or login page answers in its place.';

const tooLargeAdvice =
  'Remove what is not needed any more from the Evaluation (such as old Runs), or start a new one. If it is small, check that base-url is the address of the API itself.';

export type NetworkFailure =
  | 'unknown host'
  | 'refused'
  | 'certificate'
  | 'tls'
  | 'unreachable'
  | 'broken'
  | 'timeout'
  | 'proxy'
  | 'proxy refusal'
  | 'proxy unreachable';

/** No answer came: the connection failed or the time was up. */
export class NetworkError extends RequestError {
  override readonly name = 'NetworkError';
  readonly failure: NetworkFailure;
  constructor(request: RequestName, failure: NetworkFailure, message: string) {
    super(request, { title: networkTitles[failure], message, advice: networkAdvice[failure] });
    this.failure = failure;
    this.lost = failure === 'broken' || failure === 'timeout';
  }

  protected override get story(): string {
    return `${this.subject}: ${this.message}.${this.openEnd}`;
  }
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
  'proxy refusal': 'The proxy did not connect',
  'proxy unreachable': 'The proxy did not connect',
};

const proxyAdvice =
  'Check HTTPS_PROXY and NO_PROXY of the runner, and that the proxy lets the host of base-url through.';

const networkAdvice: Record<NetworkFailure, string> = {
  'unknown host':
    'Check the spelling of base-url, and the DNS of the runner. Humanloop’s hosted service ended in September 2025: set base-url to a server that speaks its API.',
  refused: 'Check host and port of base-url, and that the server is running and reachable from the runner.',
  certificate:
    'For a private certificate authority, set NODE_EXTRA_CA_CERTS to its PEM file in the `env:` of the step. Otherwise the certificate has expired or belongs to another host.',
  tls: 'Check host and port of base-url: what answers there does not speak TLS as this runner does. A server without TLS can be used on a loopback host only.',
  unreachable:
    'Check the network of the runner: firewall, proxy (HTTPS_PROXY, NO_PROXY) and routes to the host of base-url.',
  broken: 'Run the job again: the update can be repeated safely.',
  timeout: 'Run the job again later, or raise request-timeout-seconds.',
  proxy: proxyAdvice,
  'proxy refusal': proxyAdvice,
  'proxy unreachable': proxyAdvice,
};
