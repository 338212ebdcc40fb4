import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import * as z from 'zod';
import type { Settings } from '../options.ts';
import { authErrors } from './auth.errors.ts';
import type { AccessClaims } from './claims.ts';
import { isCurrent, signToken, type TokenKind, toSeconds, verifyToken } from './jwt.ts';
import { keyRing } from './key-ring.ts';

/** A session as a refresh token names it: the same values give the same token. */
export interface RefreshSubject extends RefreshClaims {
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export interface RefreshClaims extends AccessClaims {
  readonly generation: number;
}

/** The two kinds of JSON Web Tokens (RFC 7519, 9068): HS256, with type, issuer and audience pinned. */
export interface Tokens {
  signAccess(claims: AccessClaims & { role: string }): string;
  signRefresh(subject: RefreshSubject): string;
  /** @throws auth.token_invalid */
  verifyAccess(token: string): AccessClaims;
  /** @throws auth.refresh_invalid */
  verifyRefresh(token: string): RefreshClaims;
}

const accessPayload = z.object({ sub: z.uuid(), sid: z.uuid(), exp: z.int(), iat: z.int() });
const refreshPayload = accessPayload.extend({ gen: z.int().min(0) });

/** Access tokens that are known to be genuine at a time. */
const MAX_KNOWN = 5000;

type TokenSettings = Pick<Settings, 'secrets' | 'tokens'> & { readonly now: () => Date };

/** The first secret of a list signs, all of them verify: rotation logs nobody out. */
export function createTokens({ secrets, tokens: { issuer, audience, accessTtlSeconds }, now }: TokenSettings): Tokens {
  const access: TokenKind<z.output<typeof accessPayload>> = {
    issuer,
    audience,
    keys: keyRing('at+jwt', secrets.access),
    payload: accessPayload,
    refusal: authErrors.accessToken,
  };
  const refresh: TokenKind<z.output<typeof refreshPayload>> = {
    issuer,
    audience: `${audience}#refresh`,
    keys: keyRing('rt+jwt', secrets.refresh),
    payload: refreshPayload,
    refusal: authErrors.refreshToken,
  };
  const known = new LRUCache<string, z.output<typeof accessPayload>>({ max: MAX_KNOWN });
  return {
    signAccess: ({ userId, sessionId, role }) => {
      const iat = toSeconds(now());
      const exp = iat + accessTtlSeconds;
      return signToken(access, { sub: userId, userId, role, sid: sessionId, jti: randomUUID(), iat, exp });
    },
    signRefresh: ({ userId, sessionId, generation, issuedAt, expiresAt }) => {
      const times = { iat: toSeconds(issuedAt), exp: toSeconds(expiresAt) };
      return signToken(refresh, { sub: userId, sid: sessionId, gen: generation, ...times });
    },
    verifyAccess: (token) => {
      // The same text stays genuine until its time is over; who its bearer is, is asked every time.
      const earlier = known.get(token);
      const payload = earlier && isCurrent(earlier, now()) ? earlier : verifyToken(access, token, now());
      if (payload !== earlier) known.set(token, payload);
      const { sub, sid } = payload;
      return { userId: sub, sessionId: sid };
    },
    verifyRefresh: (token) => {
      const { sub, sid, gen } = verifyToken(refresh, token, now());
      return { userId: sub, sessionId: sid, generation: gen };
    },
  };
}
