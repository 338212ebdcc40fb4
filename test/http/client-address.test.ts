import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, test } from 'node:test';
import { createClientAddress, isLocalCaller, type TrustProxy } from '../../packages/http/src/client-address.ts';

const request = (peer: string | undefined, forwarded?: string) =>
  ({
    socket: { remoteAddress: peer },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  }) as unknown as IncomingMessage;

type Case = [trust: TrustProxy, peer: string | undefined, forwarded: string | undefined, address: string];

const PEER = '10.0.0.1';
const cases: Case[] = [
  ['none', PEER, undefined, PEER],
  ['none', PEER, '1.2.3.4', PEER],
  ['none', '::ffff:10.0.0.1', undefined, PEER],
  ['none', 'fe80::1%eth0', undefined, 'fe80::1'],
  ['none', undefined, '1.2.3.4', 'unknown'],
  [1, PEER, undefined, PEER],
  [1, PEER, '1.2.3.4', '1.2.3.4'],
  [1, PEER, '9.9.9.9, 1.2.3.4', '1.2.3.4'],
  [2, PEER, '9.9.9.9, 1.2.3.4', '9.9.9.9'],
  [2, PEER, '1.2.3.4', '1.2.3.4'],
  [3, PEER, '8.8.8.8, junk, 1.2.3.4', '1.2.3.4'],
  [1, PEER, "'; drop table users", PEER],
  [1, PEER, '1.2.3.4:80', PEER],
  [1, PEER, '0x7f.1', PEER],
  [1, PEER, '', PEER],
  [1, PEER, '::FFFF:1.2.3.4', '1.2.3.4'],
  [1, PEER, '2001:DB8:0:0::1', '2001:db8::1'],
  [1, undefined, '1.2.3.4', '1.2.3.4'],
  [['10.0.0.0/8'], PEER, '1.2.3.4', '1.2.3.4'],
  [['10.0.0.0/8'], PEER, '9.9.9.9, 1.2.3.4, 10.9.9.9', '1.2.3.4'],
  [['10.0.0.0/8'], '192.0.2.1', '1.2.3.4', '192.0.2.1'],
  [['10.0.0.0/8'], '::ffff:10.0.0.1', '1.2.3.4', '1.2.3.4'],
  [['10.0.0.1'], '10.0.0.2', '1.2.3.4', '10.0.0.2'],
  [['fd00::/8', '10.0.0.0/8'], 'fd00::1', '1.2.3.4, 10.0.0.9', '1.2.3.4'],
  [['10.0.0.0/8'], undefined, '1.2.3.4', 'unknown'],
  [['10.0.0.0/8'], PEER, `${'10.0.0.2, '.repeat(200)}10.0.0.3`, '10.0.0.2'],
];

describe('the address of a client', () => {
  for (const [trust, peer, forwarded, address] of cases) {
    test(`trusting ${trust}, ${peer} forwarding ${forwarded?.slice(0, 40)} is ${address}`, () => {
      assert.equal(createClientAddress(trust)(request(peer, forwarded)), address);
    });
  }
});

test('a local caller is on this machine and forwards for nobody', () => {
  assert.equal(isLocalCaller(request('127.0.0.1')), true);
  assert.equal(isLocalCaller(request('::1')), true);
  assert.equal(isLocalCaller(request('::ffff:127.0.0.1')), true);
  assert.equal(isLocalCaller(request('127.0.0.1', '1.2.3.4')), false);
  assert.equal(isLocalCaller(request('10.0.0.1')), false);
  assert.equal(isLocalCaller(request(undefined)), false);
});
