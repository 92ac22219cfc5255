/** The space that V8 has for what is young. It is of a process, so that each test has one. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../..');

/** Megabytes of that space: the most while a script is busy, after it was idle, and the most while it is busy again. */
function measureYoung(prepare: string): { busy: number; idle: number; busyAgain: number } {
  const script = `
    import { setTimeout as sleep } from 'node:timers/promises';
    import { getHeapSpaceStatistics } from 'node:v8';
    import { keepHeapSmall } from ${JSON.stringify(join(root, 'server/heap.ts'))};

    const young = () => getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size / 2 ** 20;
    async function work() {
      let most = 0;
      for (let turn = 0; turn < 200; turn += 1) {
        const kept = Array.from({ length: 20_000 }, (_, index) => ({ turn, index }));
        await sleep(0);
        most = Math.max(most, young());
        // Alive until here.
        kept.length = 0;
      }
      return most;
    }

    ${prepare}
    const busy = await work();
    gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    const idle = young();
    console.log(JSON.stringify({ busy, idle, busyAgain: await work() }));
  `;
  return JSON.parse(
    execFileSync(process.execPath, ['--expose-gc', '--input-type=module', '--eval', script], { encoding: 'utf8' }),
  );
}

describe('what is young', () => {
  test('has little space, and has it again after the server was idle', () => {
    const { busy, idle, busyAgain } = measureYoung('keepHeapSmall();');
    expect(idle).toBeLessThan(4);
    for (const most of [busy, busyAgain]) {
      expect(most).toBeGreaterThanOrEqual(8);
      expect(most).toBeLessThanOrEqual(17);
    }
  });

  test('would take more of its own accord', () => {
    expect(measureYoung('').busy).toBeGreaterThan(17);
  });
});
