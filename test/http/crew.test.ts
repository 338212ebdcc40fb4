import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { silent } from '@taskapp/core';
import { createCrew } from '../../packages/http/src/workers/crew.ts';
import type { Order } from '../../packages/http/src/workers/messages.ts';
import { createMetricsRelay } from '../../packages/http/src/workers/metrics-relay.ts';
import type { WorkerProcess } from '../../packages/http/src/workers/worker-process.ts';

/** A process that does as it is told, and serves unless it is told otherwise. */
function createFake(id: number, failure?: Error) {
  let end: (how: number | string) => void = () => undefined;
  const ended = new Promise<number | string>((resolve) => {
    end = resolve;
  });
  const orders: Order['type'][] = [];
  const ready = failure ? Promise.reject(failure) : Promise.resolve({ url: 'http://x', port: 1, poolMax: 10 });
  ready.catch(() => end(1));
  const order = ({ type }: Order) => {
    orders.push(type);
    end(0);
  };
  return { id, pid: id, ready, ended, order, kill: () => end('SIGKILL'), end, orders };
}

function createFakeCrew(size: number, failureOf: (id: number) => Error | undefined = () => undefined) {
  const forked: ReturnType<typeof createFake>[] = [];
  const hopeless: unknown[] = [];
  const fork = (): WorkerProcess => {
    const fake = createFake(forked.length + 1, failureOf(forked.length + 1));
    forked.push(fake);
    return fake;
  };
  const crew = createCrew({ log: silent, size, fork, onHopeless: (error) => hopeless.push(error) });
  return { crew, forked, hopeless };
}

const idsOf = (members: readonly WorkerProcess[]) => members.map(({ id }) => id);

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition() && tries < 200; tries += 1) await pause(50);
  assert.ok(condition());
}

describe('a crew', () => {
  test('is as large as it should be, whoever ends while it is replaced', async () => {
    const { crew, forked } = createFakeCrew(3);
    crew.keep();
    await until(() => crew.serving().length === 3);
    const replaced = crew.replaceAll();
    forked[2]?.end('SIGKILL');
    await replaced;
    await until(() => crew.serving().length === 3);
    assert.ok(idsOf(crew.serving()).every((id) => id > 3));
    assert.deepEqual(forked[0]?.orders, ['hand over']);
    await crew.stop();
    assert.deepEqual(crew.serving(), []);
  });

  test('keeps the old workers when a new one does not start', async () => {
    const { crew } = createFakeCrew(2, (id) => (id > 2 ? new Error('mine') : undefined));
    crew.keep();
    await until(() => crew.serving().length === 2);
    await crew.replaceAll();
    assert.deepEqual(idsOf(crew.serving()), [1, 2]);
  });

  test('waits longer before each start that follows a failure, and gives up when nobody serves', async () => {
    const { crew, forked, hopeless } = createFakeCrew(1, (id) => (id > 1 ? new Error('mine') : undefined));
    crew.keep();
    await until(() => crew.serving().length === 1);
    const started = performance.now();
    forked[0]?.end(1);
    await until(() => hopeless.length === 1);
    // 200 and 400 ms after the first and the second end that came too soon.
    assert.ok(performance.now() - started > 550);
    assert.deepEqual([forked.length, (hopeless[0] as Error).message], [3, 'mine']);
    await pause(100);
    assert.equal(forked.length, 3);
  });

  test('starts nobody once it is stopped', async () => {
    const { crew, forked } = createFakeCrew(2);
    crew.keep();
    await until(() => crew.serving().length === 2);
    await crew.stop();
    await crew.replaceAll();
    await assert.rejects(crew.add(), { code: 'server.interrupted' });
    assert.equal(forked.length, 2);
  });
});

test('metrics are those of all who answer within a second', async () => {
  const told: Order[] = [];
  const stuck = { order: () => undefined };
  const asking = {
    order: (order: Order) => {
      told.push(order);
      if (order.type === 'tell metrics') {
        relay(asking, { type: 'metrics', request: order.request, snapshot: { of: 'asking' } });
      }
    },
  };
  const relay = createMetricsRelay(() => [asking, stuck]);
  relay(asking, { type: 'ask metrics', request: 7 });
  await until(() => told.length === 2);
  assert.deepEqual(told[1], { type: 'all metrics', request: 7, snapshots: [{ of: 'asking' }] });
});
