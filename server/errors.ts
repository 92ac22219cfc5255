import type { FieldError } from './wire/detail.ts';

/** What a route answers instead of a result: the status, and `{"detail": …}`. Thrown anywhere below a route. */
export class ApiError extends Error {
  readonly status: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 503;
  readonly detail: string | readonly FieldError[];

  constructor(status: ApiError['status'], detail: ApiError['detail']) {
    super(typeof detail === 'string' ? detail : detail.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; '));
    this.name = 'ApiError';
    this.status = status;
    this.detail = detail;
  }
}

export function notFound(kind: string, id: string): ApiError {
  return new ApiError(
    404,
    `${kind} '${id}' is not on this server. Check the id or path, and the database it was made in.`,
  );
}

export function conflict(message: string): ApiError {
  return new ApiError(409, message);
}

export function invalid(loc: FieldError['loc'], msg: string): ApiError {
  return new ApiError(422, [{ loc, msg, type: 'value_error' }]);
}
