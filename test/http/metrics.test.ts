import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHttpApp, createMetrics } from '@taskapp/http';
import supertest from 'supertest';
import { createWorld } from '../support/world.ts';

test('what only the core sees is counted: where lists come from, refreshes, and work without Redis', async () => {
  const metrics = createMetrics();
  const { app, redis, user } = await createWorld({ count: metrics.count });
  const http = supertest(createHttpApp(app, { metrics }).callback());
  const { bearer, refreshToken, as } = await user();
  const list = () => http.get('/api/tasks').set('Authorization', bearer);
  const counted = async (name: string) => {
    const { text } = await http.get('/metrics');
    return Number(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  };
  const seen = (what: string) => counted(`taskapp_occurrences_total{what="${what}"}`);

  await list();
  await list();
  await list();
  assert.deepEqual([await seen('cache_miss'), await seen('cache_hit'), await seen('cache_shared_hit')], [1, 2, 0]);

  for (let time = 0; time < 3; time += 1) await as.auth.refresh({ refreshToken });
  assert.deepEqual([await seen('refresh_rotated'), await seen('refresh_grace')], [1, 2]);

  await http.get('/api/tasks/nothing').set('Authorization', bearer).expect(404);
  assert.equal(await counted('http_errors_total{code="task.not_found"}'), 1);

  assert.deepEqual([await seen('limits_without_redis'), await seen('cache_without_redis')], [0, 0]);
  redis.disconnect();
  await as.tasks.create({ title: 'one' });
  await list();
  assert.ok((await seen('limits_without_redis')) >= 1);
  assert.ok((await seen('cache_without_redis')) >= 1);
});
