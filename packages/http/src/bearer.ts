import type { IncomingMessage } from 'node:http';
import {
  type AccessControl,
  type Authentication,
  type ErrorCode,
  type HostAccess,
  isTaskAppError,
} from '@taskapp/core';
import { valuesOf } from './raw-headers.ts';

/** What a request brings as proof of who it comes from. */
export type Bearer =
  | { readonly kind: 'none'; readonly refusal: ErrorCode }
  | {
      readonly kind: 'genuine';
      readonly claims: { readonly userId: string; readonly sessionId?: string };
      /** Who that is now. */
      authenticate(): Promise<Authentication>;
    }
  | { readonly kind: 'bad'; readonly error: unknown };

const CREDENTIALS = /^Bearer +([A-Za-z0-9\-._~+/]+=*) *$/i;
const IS_BEARER = /^Bearer(?: |$)/i;
/** No token at all; what verification says of it is what it says of every bad one. */
const UNREADABLE = '';

/** How an app tells who sends a request. */
export type ReadBearer = (request: IncomingMessage) => Bearer | Promise<Bearer>;

const NOBODY: Bearer = { kind: 'none', refusal: 'auth.token_required' };
const NOT_SIGNED_IN: Bearer = { kind: 'none', refusal: 'auth.sign_in_required' };

/**
 * Makes the reader of an app: of tokens, or, where accounts are the host's, one that asks the host.
 * @throws TypeError where the host has nothing to be asked
 */
export function createBearerReader(access: AccessControl | HostAccess): ReadBearer {
  if ('verify' in access) return (request) => readBearer(access, request);
  const { identify } = access;
  if (!identify) throw new TypeError('createHttpApp needs an app with users.authenticate: nobody else knows who calls');
  return async (request) => {
    const claims = await identify(request);
    return claims ? { kind: 'genuine', claims, authenticate: () => access.authenticate(claims) } : NOT_SIGNED_IN;
  };
}

/** Reads the Authorization header by its grammar (RFC 6750, 2.1) and verifies the token's signature, without I/O. */
function readBearer(access: AccessControl, request: IncomingMessage): Bearer {
  // Elsewhere Node keeps the first of several; whoever sends two may mean either.
  const given = valuesOf(request, 'authorization');
  const [only = ''] = given;
  if (given.length < 2 && !IS_BEARER.test(only)) return NOBODY;
  const token = given.length === 1 ? CREDENTIALS.exec(only)?.[1] : undefined;
  try {
    const claims = access.verify(token ?? UNREADABLE);
    return { kind: 'genuine', claims, authenticate: () => access.authenticate(claims) };
  } catch (error) {
    if (!isTaskAppError(error)) throw error;
    return { kind: 'bad', error };
  }
}
