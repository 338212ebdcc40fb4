import type { KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type * as z from 'zod';
import { type ErrorSpec, fail } from '../kernel/errors.ts';
import { ALGORITHM, type KeyRing, type SigningKey } from './key-ring.ts';

/** One kind of token: a token of one kind is never taken for one of another. */
export interface TokenKind<T> {
  readonly issuer: string;
  readonly audience: string;
  readonly keys: KeyRing;
  readonly payload: z.ZodType<T>;
  /** What a token that is not genuine fails with. */
  readonly refusal: ErrorSpec;
}

const MAX_LENGTH = 4096;
const LEEWAY_SECONDS = 5;
/** By how much the clocks of two nodes may differ. */
const MAX_AHEAD_SECONDS = 60;
const MAX_LIFE_SECONDS = 366 * 86_400;
const SHAPE = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Signs with the first key of the kind; the same payload gives the same token, byte by byte. */
export function signToken({ issuer, audience, keys }: TokenKind<unknown>, payload: object): string {
  const [{ key, header }] = [...keys.values()] as [SigningKey];
  return jwt.sign({ ...payload, iss: issuer, aud: audience }, key, { header });
}

/** From when to when a token is good, in seconds. */
interface Lifetime {
  readonly iat: number;
  readonly exp: number;
}

/** A time as tokens have it. */
export const toSeconds = (time: Date): number => Math.floor(time.getTime() / 1000);

/** True while a token that was genuine once still is. */
export function isCurrent({ iat, exp }: Lifetime, now: Date): boolean {
  const seconds = toSeconds(now);
  return iat <= seconds + MAX_AHEAD_SECONDS && seconds < exp + LEEWAY_SECONDS;
}

/** Checks everything about a token but who its bearer is now (RFC 8725); `now` is what its age is judged by. */
export function verifyToken<T extends Lifetime>(kind: TokenKind<T>, token: string, now: Date): T {
  const { issuer, audience, refusal } = kind;
  const key = findKey(kind, token);
  const payload = onlyBlamingTheToken(refusal, () =>
    jwt.verify(token, key, {
      algorithms: [ALGORITHM],
      issuer,
      audience,
      clockTimestamp: toSeconds(now),
      clockTolerance: LEEWAY_SECONDS,
    }),
  );
  const parsed = kind.payload.safeParse(payload);
  if (!parsed.success) fail(refusal);
  const { iat, exp } = parsed.data;
  const isCredible = isCurrent(parsed.data, now) && exp <= iat + MAX_LIFE_SECONDS;
  return isCredible ? parsed.data : fail(refusal);
}

/** Nothing in a header is believed: it must be, byte by byte, the one that this app writes for one of its keys. */
function findKey({ keys, refusal }: TokenKind<unknown>, token: string): KeyObject {
  if (token.length > MAX_LENGTH || !SHAPE.test(token)) fail(refusal);
  return keys.get(token.slice(0, token.indexOf('.')))?.key ?? fail(refusal);
}

/** What is wrong with the token is the bearer's fault; everything else is a bug and stays one. */
function onlyBlamingTheToken<T>(refusal: ErrorSpec, verify: () => T): T {
  try {
    return verify();
  } catch (error) {
    if (error instanceof jwt.JsonWebTokenError) fail(refusal, { cause: error });
    throw error;
  }
}
