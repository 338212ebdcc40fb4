import { randomUUID } from 'node:crypto';
import { forge, type Genuine, type Json, open, type Vectors } from './token-forge.ts';

/** Claims that are missing, of another type, of another time or about somebody else. */
export function claims({ token, secret }: Genuine): Vectors {
  const { header, payload } = open(token);
  const now = Math.floor(Date.now() / 1000);
  const changed: readonly (readonly [string, Json])[] = [
    ['expired', { exp: now - 60 }],
    ['expired long ago', { exp: 1 }],
    ['exp missing', { exp: undefined }],
    ['exp as text', { exp: `${now + 900}` }],
    ['exp a fraction', { exp: now + 900.5 }],
    ['exp negative', { exp: -1 }],
    ['exp 1e300', { exp: 1e300 }],
    ['exp null', { exp: null }],
    ['exp as array', { exp: [now + 900] }],
    ['not valid yet', { nbf: now + 3600 }],
    ['nbf as text', { nbf: 'tomorrow' }],
    ['issued in the future', { iat: now + 3600, exp: now + 7200 }],
    ['iat missing', { iat: undefined }],
    ['iat as text', { iat: 'now' }],
    ['another issuer', { iss: 'https://evil.example' }],
    ['issuer missing', { iss: undefined }],
    ['issuer as array', { iss: [payload.iss] }],
    ['another audience', { aud: 'other' }],
    ['audience missing', { aud: undefined }],
    ['audience of refresh tokens', { aud: `${payload.aud}#refresh` }],
    ['sub missing', { sub: undefined }],
    ['sub no id', { sub: 'admin' }],
    ['sub of nobody', { sub: randomUUID(), userId: undefined }],
    ['sub of one, userId of another', { sub: randomUUID() }],
    ['sub an object', { sub: { $ne: null } }],
    ['sid missing', { sid: undefined }],
    ['sid of no session', { sid: randomUUID() }],
    ['sid as array', { sid: [payload.sid] }],
    ['sid with SQL', { sid: "' or true --" }],
  ];
  return changed.map(([name, changes]) => [name, forge(header, { ...payload, ...changes }, { secret })]);
}

/** Payloads that are no claims. */
export function payloads({ token, secret }: Genuine): Vectors {
  const { header, payload } = open(token);
  const given: readonly (readonly [string, unknown])[] = [
    ['payload a text', '"hello"'],
    ['payload an array', [payload]],
    ['payload null', 'null'],
    ['payload a number', '1'],
    ['payload empty', {}],
    ['payload no JSON', 'hello'],
    ['payload not UTF-8', '\ufffd\u0000'],
    ['payload of 8 KiB', { ...payload, filler: 'x'.repeat(8192) }],
  ];
  return given.map(([name, value]) => [name, forge(header, value, { secret })]);
}
