import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createWorld } from '../support/world.ts';

const LIMIT = 6;
const rateLimit = { windowMs: 60_000, ip: LIMIT, user: 100, login: LIMIT };

async function serve(trustProxy: 'none' | number | string[]) {
  // Without Redis: the counters are this app's own, whatever addresses other tests use.
  const { http } = await createWorld({ rateLimit, redis: null, http: { trustProxy } });
  return async (headers: Record<string, string>, path = '/api/tasks') =>
    (await (path.startsWith('/api/tasks') ? http.get(path) : http.post(path)).set(headers)).status;
}

const spoofed = (n: number): Record<string, string>[] => [
  { 'X-Forwarded-For': `203.0.113.${n}` },
  { 'X-Forwarded-For': `2001:db8:${n}::1` },
  { 'X-Forwarded-For': `203.0.113.${n}, 10.0.0.1` },
  { Forwarded: `for=203.0.113.${n}` },
  { 'X-Real-IP': `203.0.113.${n}` },
  { 'X-Client-IP': `203.0.113.${n}`, 'True-Client-IP': `203.0.113.${n}`, 'CF-Connecting-IP': `203.0.113.${n}` },
  { 'X-Forwarded-For': Array.from({ length: 200 }, (_, m) => `198.51.100.${(n + m) % 250}`).join(', ') },
];

describe('a limit by address', () => {
  test('is not dodged by headers where no proxy is trusted', async () => {
    for (const trust of ['none', ['192.0.2.0/24']] as const) {
      const ask = await serve(trust === 'none' ? trust : [...trust]);
      const statuses: number[] = [];
      for (const headers of spoofed(1)) statuses.push(await ask(headers));
      assert.deepEqual(statuses, [...Array(LIMIT).fill(401), 429]);
    }
  });

  test('counts the address that the trusted proxy saw, whatever stands to the left of it', async () => {
    for (const trust of [1, ['127.0.0.0/8', '::1']]) {
      const ask = await serve(trust);
      for (let n = 1; n <= LIMIT; n += 1)
        assert.equal(await ask({ 'X-Forwarded-For': `198.51.100.${n},${n % 2 ? ' junk,' : ''} 203.0.113.9` }), 401);
      assert.equal(await ask({ 'X-Forwarded-For': '203.0.113.9' }), 429);
      assert.equal(await ask({ 'X-Forwarded-For': '::ffff:203.0.113.9' }), 429, 'another spelling');
      assert.equal(await ask({ 'X-Forwarded-For': '203.0.113.10' }), 401);
    }
  });

  test('is one for all spellings of a path', async () => {
    const ask = await serve('none');
    const paths = [
      '/api/auth/login',
      '/api/auth/login/',
      '/API/AUTH/LOGIN',
      '/api/auth/login?',
      '/api/Auth/Login/?x=1',
    ];
    const statuses: number[] = [];
    for (const path of [...paths, ...paths]) statuses.push(await ask({}, path));
    assert.deepEqual(
      statuses.map((status) => status === 429),
      [...Array(LIMIT).fill(false), ...Array(paths.length * 2 - LIMIT).fill(true)],
    );
  });
});
