import type { IncomingMessage } from 'node:http';
import { type AccessClaims, type AccessControl, isTaskAppError } from '@taskapp/core';
import { valuesOf } from './raw-headers.ts';

/** What a request brings as proof of who it comes from. */
export type Bearer =
  | { readonly kind: 'none' }
  | { readonly kind: 'genuine'; readonly claims: AccessClaims }
  | { readonly kind: 'bad'; readonly error: unknown };

const CREDENTIALS = /^Bearer +([A-Za-z0-9\-._~+/]+=*) *$/i;
const IS_BEARER = /^Bearer(?: |$)/i;
/** No token at all; what verification says of it is what it says of every bad one. */
const UNREADABLE = '';

/** Reads the Authorization header by its grammar (RFC 6750, 2.1) and verifies the token's signature, without I/O. */
export function readBearer(access: AccessControl, request: IncomingMessage): Bearer {
  // Elsewhere Node keeps the first of several; whoever sends two may mean either.
  const given = valuesOf(request, 'authorization');
  const [only = ''] = given;
  if (given.length < 2 && !IS_BEARER.test(only)) return { kind: 'none' };
  const token = given.length === 1 ? CREDENTIALS.exec(only)?.[1] : undefined;
  try {
    return { kind: 'genuine', claims: access.verify(token ?? UNREADABLE) };
  } catch (error) {
    if (!isTaskAppError(error)) throw error;
    return { kind: 'bad', error };
  }
}
