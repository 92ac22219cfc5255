import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Space enough for what is young, in bytes; half of it is in use at a time. With less, nearly all objects of a page of a hundred Logs would
 * become old, and the page would take twice the time.
 */
const enoughYoungBytes = 8 * 1024 * 1024;

/**
 * V8 would let the garbage of bursts grow to hundreds of megabytes before it looks for it. --optimize-for-size helps as well, but takes
 * nearly twice the time.
 */
export function keepHeapSmall(): void {
  // What is old may grow by a quarter of what is in use.
  for (const flag of ['--heap-growing-percent=25', '--expose-gc']) setFlagsFromString(flag);
  // A first collection finds out how much that is. Until then the limit follows from the memory of the machine.
  runInNewContext('gc')();
  limitYoung();
  // While there is little to do, V8 gives most of the young space back, and takes it again only if it may grow. This is asked after a
  // collection, so that a single long piece of work may still take more, up to V8's own limit.
  new PerformanceObserver(limitYoung).observe({ entryTypes: ['gc'] });
}

function limitYoung(): void {
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  const mayGrow = young !== undefined && young.space_size < enoughYoungBytes;
  setFlagsFromString(`--semi-space-growth-factor=${mayGrow ? 2 : 1}`);
}
