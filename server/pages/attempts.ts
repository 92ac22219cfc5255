/** Bounds how often somebody may try to sign in. */

export type Attempts = ReturnType<typeof createAttempts>;

const maxFailures = 10;
const periodMs = 5 * 60_000;
/** Whoever has more addresses than this can make the server forget, but not guess a key of 256 bits. */
const maxAddresses = 10_000;

export function createAttempts(now: () => number = Date.now) {
  const failures = new Map<string, { count: number; since: number }>();
  const current = (address: string) => {
    const found = failures.get(address);
    return found === undefined || now() - found.since >= periodMs ? undefined : found;
  };
  return {
    /** Seconds until the address may try again; 0 if it may now. */
    wait(address: string): number {
      const found = current(address);
      if (found === undefined || found.count < maxFailures) return 0;
      return Math.ceil((found.since + periodMs - now()) / 1000);
    },
    /** Notes an attempt that failed. */
    fail(address: string): void {
      const found = current(address) ?? { count: 0, since: now() };
      failures.delete(address);
      const [oldest] = failures.keys();
      if (failures.size >= maxAddresses && oldest !== undefined) failures.delete(oldest);
      failures.set(address, { count: found.count + 1, since: found.since });
    },
    forget(address: string): void {
      failures.delete(address);
    },
  };
}
