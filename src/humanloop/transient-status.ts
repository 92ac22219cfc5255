/**
 * Whether an HTTP status says that the same request may succeed a little later: too early, too many, and every failure of a
 * server or gateway but those that say "never": 501 (not implemented) and 505 (HTTP version not supported).
 */
export function isTransientStatus(status: number): boolean {
  return [408, 425, 429].includes(status) || (status >= 500 && status !== 501 && status !== 505);
}
