import type { WireCase } from './wire.ts';
import { get } from './wire-heads.ts';

/** Addresses (F-63). */
export function addressCases(token: string): WireCase[] {
  const address = (name: string, path: string, allowed: readonly number[]): WireCase => ({
    name,
    bytes: get(token, [], path),
    allowed,
  });
  return [
    address('a URL of 4,096 characters', `/livez?${'a'.repeat(4089)}`, [200]),
    address('a URL of 4,097 characters', `/livez?${'a'.repeat(4090)}`, [414]),
    address('%00', '/api/tasks/%00', [404]),
    address('encoded dots', '/api/%2e%2e/users/me', [404]),
    address('overlong UTF-8', '/api/tasks/%c0%af', [404]),
    address('cut UTF-8', '/api/tasks/%E0%A4%A', [404]),
    address('a bad escape in the query', '/api/tasks?status=%', [400]),
    address('two slashes', '//api/users/me', [404]),
    address('a semicolon', '/api/tasks/me;x=1', [404]),
    address('a slash at the end', '/api/users/me/', [200]),
    address('upper case', '/API/USERS/ME', [200]),
    address('a fragment', '/api/users/me#x', [200]),
    address('a repeated parameter', '/api/tasks?limit=1&limit=2', [400]),
    address('brackets', '/api/tasks?limit[x]=1', [400]),
    address('a prototype in the query', '/api/tasks?__proto__[x]=1&constructor=1', [400]),
    address('21 parameters', `/api/tasks?${Array(21).fill('limit=1').join('&')}`, [400]),
  ];
}
