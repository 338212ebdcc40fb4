import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestApp } from '@taskapp/core/testing';
import { createOrders, placeOrder } from './orders.ts';

const databaseUrl = process.env.DATABASE_URL ?? '';

/** A database of its own for each test, with the tables of both. */
async function createWorld() {
  const world = await createTestApp({ databaseUrl });
  await createOrders(world.db);
  return world;
}

test('an order comes with a task to pack it', async () => {
  await using world = await createWorld();
  const clerk = await world.user({ name: 'Grace' });
  const { taskId } = await placeOrder(world, clerk.actor, 'a lamp');
  const task = await clerk.as.tasks.get({ id: taskId });
  assert.deepEqual([task.title, task.priority], ['Pack a lamp', 'HIGH']);
});

test('an order that fails leaves no task', async () => {
  await using world = await createWorld();
  const clerk = await world.user();
  await world.task(clerk, { title: 'An older one' });
  await world.db.schema.dropTable('orders');
  await assert.rejects(placeOrder(world, clerk.actor, 'a lamp'), /orders/);
  const { tasks } = await clerk.as.tasks.list();
  assert.deepEqual(
    tasks.map(({ title }) => title),
    ['An older one'],
  );
});
