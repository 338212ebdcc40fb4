import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { operations } from '@taskapp/core';
import { createWorld } from '../support/world.ts';

const ORIGIN = 'https://app.example.com';
const { http } = await createWorld({ http: { corsOrigins: [ORIGIN] } });

/** Origins that resemble the listed one. */
const STRANGERS = [
  'null',
  '',
  'https://app.example.com.evil.example',
  'https://evilapp.example.com',
  'https://evil.example/https://app.example.com',
  'https://app.example.com@evil.example',
  'https://app.example.com:8443',
  'https://app.example.com/',
  'https://app.example.com.',
  'https://APP.example.com',
  'http://app.example.com',
  'https://sub.app.example.com',
  'https://example.com',
  'https://app-example.com',
  `${ORIGIN}, https://evil.example`,
  `https://evil.example ${ORIGIN}`,
  'file://',
];

const allowances = (headers: Record<string, string>) =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'));

describe('origins', () => {
  for (const { id, http: address } of operations) {
    const [method = '', template = ''] = address.split(' ');
    const path = `/api${template.replace(':id', '00000000-0000-4000-8000-000000000000')}`;

    test(`${id}: the listed one gets a preflight, no other gets anything`, async () => {
      const ask = (origin: string) =>
        http.options(path).set({
          Origin: origin,
          'Access-Control-Request-Method': method,
          'Access-Control-Request-Headers': 'authorization',
        });
      const allowed = await ask(ORIGIN);
      assert.deepEqual([allowed.status, allowed.headers['access-control-allow-origin']], [204, ORIGIN]);
      assert.ok(allowed.headers['access-control-allow-methods']?.split(',').includes(method));
      for (const origin of STRANGERS) assert.deepEqual(allowances((await ask(origin)).headers), [], origin);
    });
  }

  test('are told nothing about errors either, and caches keep them apart', async () => {
    for (const path of ['/livez', '/nope', '/api/tasks', '/openapi.json']) {
      for (const origin of STRANGERS) {
        const { headers } = await http.get(path).set('Origin', origin);
        assert.deepEqual(allowances(headers), [], `${path} from ${origin}`);
        assert.match(headers.vary ?? '', /\bOrigin\b/);
      }
      const { headers } = await http.get(path).set('Origin', ORIGIN);
      assert.equal(headers['access-control-allow-origin'], ORIGIN, path);
      assert.equal(headers['access-control-allow-credentials'], undefined);
    }
  });
});
