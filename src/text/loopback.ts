/** The names and addresses by which a machine speaks to itself. */
const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** @param hostname of a URL: an IPv6 address is in brackets */
export function isLoopback(hostname: string): boolean {
  return loopback.test(hostname);
}
