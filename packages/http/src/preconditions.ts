import { createHash } from 'node:crypto';
import type { CallContext } from '@taskapp/core';
import type { Context } from 'koa';
import { httpErrors, refuse } from './http-errors.ts';

const HASH_LENGTH = 16;
const hash = (json: string) => createHash('sha1').update(json).digest('base64url').slice(0, HASH_LENGTH);

/**
 * The entity tag of a JSON answer (RFC 9110, 8.8.3). A resource with a version has a strong one that starts with it, so
 * that `If-Match` can be compared with the database alone; everything else a weak one. Both end in a hash of the
 * text: what a resource shows of its neighbours changes without its version.
 */
export const entityTag = (json: string, version: number | undefined): string =>
  version === undefined ? `W/"${hash(json)}"` : `"${version}-${hash(json)}"`;

const TAGS = /^\s*(?:W\/)?"[\x21\x23-\x7e]*"(?:\s*,\s*(?:W\/)?"[\x21\x23-\x7e]*")*\s*$/;
const OWN_STRONG_TAG = /(?<!W\/)"(\d{1,15})-[\w-]+"/g;

/**
 * The versions that `If-Match` allows; undefined without the header or with `*`. Weak tags and tags that are not ours
 * match nothing, so the list may be empty.
 *
 * @throws 400 when it is no list of entity tags
 */
function readIfMatch(value: string): number[] | undefined {
  if (value === '' || value.trim() === '*') return undefined;
  if (!TAGS.test(value))
    refuse(httpErrors.malformedRequest, { errors: ['headers.If-Match: Must be * or entity tags'] });
  return [...value.matchAll(OWN_STRONG_TAG)].map(([, version]) => Number(version));
}

/** What a request says about when, and how often, it may take effect. */
export function readConditions(ctx: Context): Pick<CallContext, 'ifMatch' | 'idempotencyKey'> {
  if (['GET', 'HEAD'].includes(ctx.method)) return {};
  const ifMatch = readIfMatch(ctx.get('If-Match'));
  const key = ctx.headers['idempotency-key'];
  // Bare or as a structured-field string; what it may consist of is for the core to check.
  return {
    ...(ifMatch && { ifMatch }),
    ...(typeof key === 'string' && { idempotencyKey: key.replace(/^"(.*)"$/, '$1') }),
  };
}
