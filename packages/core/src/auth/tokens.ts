import { createHash, createSecretKey, randomUUID, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import * as z from 'zod';
import { type ErrorSpec, fail } from '../kernel/errors.ts';
import type { Settings } from '../options.ts';
import type { AccessClaims } from './access-control.ts';
import { authErrors } from './auth.errors.ts';

/** A session as a refresh token names it: the same values give the same token, byte by byte. */
export interface RefreshSubject {
  readonly userId: string;
  readonly sessionId: string;
  readonly generation: number;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export interface RefreshClaims extends AccessClaims {
  readonly generation: number;
}

/** Signs and checks JSON Web Tokens (RFC 7519, 8725, 9068): HS256 only, type, issuer and audience pinned. */
export interface Tokens {
  signAccess(claims: AccessClaims & { role: string }): string;
  signRefresh(subject: RefreshSubject): string;
  /** @throws auth.token_invalid */
  verifyAccess(token: string): AccessClaims;
  /** @throws auth.refresh_invalid */
  verifyRefresh(token: string): RefreshClaims;
}

interface Kind {
  readonly typ: 'at+jwt' | 'rt+jwt';
  readonly audience: string;
  readonly keys: ReadonlyMap<string, KeyObject>;
  readonly refusal: ErrorSpec;
}

const ALGORITHM = 'HS256';
const MAX_LENGTH = 4096;
const LEEWAY_SECONDS = 5;
const SHAPE = /^[\w-]+\.[\w-]+\.[\w-]+$/;

const header = z.strictObject({ alg: z.literal(ALGORITHM), typ: z.string(), kid: z.string() });
const accessPayload = z.object({ sub: z.uuid(), sid: z.uuid(), exp: z.int(), iat: z.int() });
const refreshPayload = accessPayload.extend({ gen: z.int().min(0) });

/** The name of a key tells it from others and nothing about it. */
const keyId = (secret: string) => createHash('sha256').update(`taskapp kid ${secret}`).digest('base64url').slice(0, 8);
const keyRing = (secrets: readonly string[]): ReadonlyMap<string, KeyObject> =>
  new Map(secrets.map((secret) => [keyId(secret), createSecretKey(Buffer.from(secret))]));

const toSeconds = (date: Date) => Math.floor(date.getTime() / 1000);

/** The first secret of a list signs, all of them verify: rotation logs nobody out. */
export function createTokens({
  secrets,
  tokens: { issuer, audience, accessTtlSeconds },
  now,
}: Pick<Settings, 'secrets' | 'tokens'> & { now: () => Date }): Tokens {
  const access: Kind = { typ: 'at+jwt', audience, keys: keyRing(secrets.access), refusal: authErrors.accessToken };
  const refresh: Kind = {
    typ: 'rt+jwt',
    audience: `${audience}#refresh`,
    keys: keyRing(secrets.refresh),
    refusal: authErrors.refreshToken,
  };
  const sign = ({ typ, audience, keys }: Kind, payload: object) => {
    const [kid, key] = [...keys][0] as [string, KeyObject];
    return jwt.sign({ ...payload, iss: issuer, aud: audience }, key, { header: { alg: ALGORITHM, typ, kid } });
  };
  const verify = <T>(kind: Kind, token: string, payload: z.ZodType<T>): T => {
    const key = findKey(kind, token);
    const options = {
      algorithms: [ALGORITHM as 'HS256'],
      issuer,
      audience: kind.audience,
      clockTimestamp: toSeconds(now()),
      clockTolerance: LEEWAY_SECONDS,
    };
    const parsed = payload.safeParse(verified(() => jwt.verify(token, key, options), kind.refusal));
    return parsed.success ? parsed.data : fail(kind.refusal);
  };
  return {
    signAccess: ({ userId, sessionId, role }) => {
      const iat = toSeconds(now());
      const payload = { sub: userId, userId, role, sid: sessionId, jti: randomUUID(), iat, exp: iat + accessTtlSeconds };
      return sign(access, payload);
    },
    signRefresh: ({ userId, sessionId, generation, issuedAt, expiresAt }) =>
      sign(refresh, { sub: userId, sid: sessionId, gen: generation, iat: toSeconds(issuedAt), exp: toSeconds(expiresAt) }),
    verifyAccess: (token) => {
      const { sub, sid } = verify(access, token, accessPayload);
      return { userId: sub, sessionId: sid };
    },
    verifyRefresh: (token) => {
      const { sub, sid, gen } = verify(refresh, token, refreshPayload);
      return { userId: sub, sessionId: sid, generation: gen };
    },
  };
}

/** Nothing in a header is believed: it must be one that this app writes, and name one of its keys. */
function findKey({ typ, keys, refusal }: Kind, token: string): KeyObject {
  if (token.length > MAX_LENGTH || !SHAPE.test(token)) fail(refusal);
  const parsed = header.safeParse(parseJson(Buffer.from(token.split('.')[0] as string, 'base64url').toString()));
  const key = parsed.success && parsed.data.typ === typ ? keys.get(parsed.data.kid) : undefined;
  return key ?? fail(refusal);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Only what is wrong with the token is the bearer's fault; a bug stays one. */
function verified<T>(verify: () => T, refusal: ErrorSpec): T {
  try {
    return verify();
  } catch (error) {
    if (error instanceof jwt.JsonWebTokenError) fail(refusal, { cause: error });
    throw error;
  }
}
