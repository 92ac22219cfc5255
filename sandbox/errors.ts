/** One wrong field of a request, as FastAPI reports it. */
export interface FieldError {
  loc: (string | number)[];
  msg: string;
  type: string;
}

/** What Humanloop answers where a request is well formed and cannot be carried out. */
interface Refusal {
  type: string;
  message: string;
  code: number;
  origin: 'Humanloop';
}

/** Thrown anywhere below a route; becomes the answer `{"detail": …}` with its status. */
export class ApiError extends Error {
  readonly status: number;
  readonly detail: FieldError[] | Refusal | string;

  constructor(status: number, detail: FieldError[] | Refusal | string) {
    super(JSON.stringify(detail));
    this.name = 'ApiError';
    this.status = status;
    this.detail = detail;
  }
}

function refusal(code: number, type: string, message: string): ApiError {
  return new ApiError(code, { type, message, code, origin: 'Humanloop' });
}

export function unauthorized(): ApiError {
  return refusal(401, 'unauthorized_error', 'The API key in the header X-API-KEY is missing or not valid.');
}

export function notFound(kind: string, id: string): ApiError {
  return refusal(404, 'not_found_error', `${kind} with ID '${id}' not found.`);
}

export function conflict(message: string): ApiError {
  return refusal(409, 'conflict_error', message);
}
