import { getEventListeners } from 'node:events';
import { Agent } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { send } from '../../src/humanloop/transport.ts';
import { reset, startFaultServer } from '../support/fault-server.ts';
import { opened } from '../support/step.ts';

test.each([
  ['that was answered', { json: { id: 'x'.repeat(100_000) } }],
  ['that was cut off', reset],
])('an exchange %s leaves nothing behind on its signal', async (_, answer) => {
  const server = await opened(startFaultServer([answer]));
  const agent = new Agent({ keepAlive: true });
  const { signal } = new AbortController();
  for (let count = 0; count < 3; count++) {
    const exchange = send({ url: server.url, method: 'GET', headers: {}, agent, signal });
    await exchange.then(({ body }) => text(body)).catch(() => {});
  }
  agent.destroy();
  await sleep(20);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
