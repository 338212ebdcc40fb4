import { createHash, createSign, generateKeyPairSync } from 'node:crypto';
import { claims, payloads } from './token-claims.ts';
import { damaged } from './token-damage.ts';
import { encode, forge, type Genuine, type Json, open, type Vectors } from './token-forge.ts';

/** Forged, damaged and misused access tokens. All of them have to be refused. */
export const tokenVectors = (genuine: Genuine): Vectors => [
  ...algorithms(genuine),
  ...keysAndHeaders(genuine),
  ...claims(genuine),
  ...payloads(genuine),
  ...damaged(genuine),
];

function algorithms({ token, secret }: Genuine): Vectors {
  const { header, payload, body } = open(token);
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const asSecret = {
    PEM: publicKey.export({ type: 'spki', format: 'pem' }),
    DER: publicKey.export({ type: 'spki', format: 'der' }),
    JWK: JSON.stringify(publicKey.export({ format: 'jwk' })),
  };
  const unsigned = (alg: unknown): string => `${encode({ ...header, alg })}.${body}.`;
  const rs256 = `${encode({ ...header, alg: 'RS256' })}.${body}`;
  const signed = createSign('sha256').update(rs256).sign(privateKey).toString('base64url');
  return [
    ...['none', 'None', 'NONE', 'nOnE', ''].map((alg): [string, string] => [
      `alg ${alg || 'empty'}, no signature`,
      unsigned(alg),
    ]),
    ['alg none with the old signature', `${encode({ ...header, alg: 'none' })}.${body}.${open(token).signature}`],
    ['alg missing', forge({ typ: header.typ, kid: header.kid }, payload, { secret })],
    ['alg as array', forge({ ...header, alg: ['HS256'] }, payload, { secret })],
    ['alg null', forge({ ...header, alg: null }, payload, { secret })],
    ['alg in lower case', forge({ ...header, alg: 'hs256' }, payload, { secret })],
    ['HS384', forge({ ...header, alg: 'HS384' }, payload, { secret, hash: 'sha384' })],
    ['HS512', forge({ ...header, alg: 'HS512' }, payload, { secret, hash: 'sha512' })],
    ['says HS256, signed as HS512', forge(header, payload, { secret, hash: 'sha512' })],
    ['RS256 with a key of its own', `${rs256}.${signed}`],
    ...Object.entries(asSecret).map(([form, key]): [string, string] => [
      `a public key as secret: ${form}`,
      forge(header, payload, { secret: key }),
    ]),
    ...['ES256', 'PS256', 'EdDSA'].map((alg): [string, string] => [
      `says ${alg}`,
      forge({ ...header, alg }, payload, { secret }),
    ]),
  ];
}

function keysAndHeaders({ token, secret, refreshSecret, refreshToken }: Genuine): Vectors {
  const { header, payload } = open(token);
  const withHeader = (changes: Json, key: string = secret) =>
    forge({ ...header, ...changes }, payload, { secret: key });
  const jwk = { kty: 'oct', k: encode('x'.repeat(32)), alg: 'HS256' };
  const kids = [
    undefined,
    '',
    'unknown',
    '../../../../dev/null',
    "' or 1=1 --",
    ['a'],
    {},
    null,
    0,
    '__proto__',
    'constructor',
  ];
  return [
    ...kids.map((kid): [string, string] => [`kid ${JSON.stringify(kid)}`, withHeader({ kid })]),
    ['kid of the file that is empty, empty key', withHeader({ kid: '/dev/null' }, '')],
    ['jwk in the header', forge({ ...header, jwk }, payload, { secret: 'x'.repeat(32) })],
    ...(['jku', 'x5u'] as const).map((name): [string, string] => [
      name,
      withHeader({ [name]: 'https://127.0.0.1/keys.json' }),
    ]),
    ['x5c', withHeader({ x5c: ['MIIB'] })],
    ['crit', withHeader({ crit: ['exp'] })],
    ['b64 false', withHeader({ b64: false, crit: ['b64'] })],
    ['zip', withHeader({ zip: 'DEF' })],
    ['typ JWT', withHeader({ typ: 'JWT' })],
    ['typ missing', withHeader({ typ: undefined })],
    ['typ of refresh tokens', withHeader({ typ: 'rt+jwt' })],
    ['a refresh token', refreshToken],
    [
      'a refresh token that says it is an access token',
      forge({ ...open(refreshToken).header, typ: header.typ }, open(refreshToken).payload, { secret: refreshSecret }),
    ],
    ['signed with the secret of refresh tokens', withHeader({}, refreshSecret)],
    ['signed with the empty secret', withHeader({}, '')],
    ['signed with the hash of the secret', withHeader({}, createHash('sha256').update(secret).digest('hex'))],
  ];
}
