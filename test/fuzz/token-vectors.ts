import { createHash, createHmac, createSign, generateKeyPairSync, randomUUID } from 'node:crypto';

/** What vectors are made of: a token that is genuine, and the secret that it was signed with. */
export interface Genuine {
  readonly token: string;
  readonly refreshToken: string;
  readonly secret: string;
  readonly refreshSecret: string;
}

type Json = Record<string, unknown>;

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const decode = (part: string): Json => JSON.parse(Buffer.from(part, 'base64url').toString());

/** Signs whatever it is given, as a forger who has the secret would. */
function forge(
  header: unknown,
  payload: unknown,
  { secret, hash = 'sha256' }: { secret: string | Buffer; hash?: string },
): string {
  const text = `${encode(header)}.${encode(payload)}`;
  return `${text}.${createHmac(hash, secret).update(text).digest('base64url')}`;
}

/** Takes a token apart. */
function open(token: string) {
  const [head = '', body = '', signature = ''] = token.split('.');
  return { head, body, signature, header: decode(head), payload: decode(body) };
}

/** A token that says the same as the genuine one and is signed again: must be accepted, or the other vectors prove nothing. */
export function resign({ token, secret }: Genuine): string {
  const { header, payload } = open(token);
  return forge(header, payload, { secret });
}

type Vectors = [name: string, token: string][];

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
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
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
    ['signed with a public key as secret', forge(header, payload, { secret: pem as string })],
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

function claims({ token, secret }: Genuine): Vectors {
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
    ['sub an object', { sub: { $ne: null } }],
    ['sid missing', { sid: undefined }],
    ['sid of no session', { sid: randomUUID() }],
    ['sid as array', { sid: [payload.sid] }],
    ['sid with SQL', { sid: "' or true --" }],
  ];
  return changed.map(([name, changes]) => [name, forge(header, { ...payload, ...changes }, { secret })]);
}

function payloads({ token, secret }: Genuine): Vectors {
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

function damaged({ token }: Genuine): Vectors {
  const { head, body, signature } = open(token);
  const flip = (part: string, at: number) => `${part.slice(0, at)}${part[at] === 'A' ? 'B' : 'A'}${part.slice(at + 1)}`;
  const spread = (part: string) => [0, 1, 2, 3].map((n) => Math.floor((n * (part.length - 2)) / 3));
  return [
    ['no signature', `${head}.${body}.`],
    ['two parts', `${head}.${body}`],
    ['four parts', `${token}.${signature}`],
    ['five parts', `${token}.${body}.${signature}`],
    ['one part', head],
    ['nothing but points', '..'],
    ['signature cut short', token.slice(0, -5)],
    ['signature twice', `${token}${signature}`],
    ['padding', `${token}=`],
    ['standard base64', `${head}.${body}.${signature.replace(/[-_]/g, '+')}+/`],
    ['a space inside', `${head}. ${body}.${signature}`],
    ['parts swapped', `${body}.${head}.${signature}`],
    ['no token', 'undefined'],
    ...spread(head).map((at): [string, string] => [
      `header changed at ${at}`,
      `${flip(head, at)}.${body}.${signature}`,
    ]),
    ...spread(body).map((at): [string, string] => [
      `payload changed at ${at}`,
      `${head}.${flip(body, at)}.${signature}`,
    ]),
    ...spread(signature).map((at): [string, string] => [
      `signature changed at ${at}`,
      `${head}.${body}.${flip(signature, at)}`,
    ]),
  ];
}
