import { hash } from 'node:crypto';
import type { CallContext } from '@taskapp/core';
import type { Context } from 'koa';
import * as z from 'zod';
import { httpErrors, refuse } from './http-errors.ts';

const HASH_LENGTH = 16;
const shorten = (json: string) => hash('sha1', json, 'base64url').slice(0, HASH_LENGTH);

/** True for the schema of a resource that can be told from its earlier states. */
export const hasVersion = (output: z.ZodType | undefined): boolean =>
  output instanceof z.ZodObject && 'version' in output.shape;

/**
 * The entity tag of a resource (RFC 9110, 8.8.3). It starts with the version, so that `If-Match` can be compared with
 * the database alone, and ends in a hash of the text: what a resource shows of its neighbours changes without it.
 */
export const strongTag = (version: number, json: string): string => `"${version}-${shorten(json)}"`;

/** The entity tag of everything else; `tag` is what the text is known by, where it is known by something. */
export const weakTag = (json: string, tag = shorten(json)): string => `W/"${tag}"`;

const TAGS = /^\s*(?:W\/)?"[\x21\x23-\x7e]*"(?:\s*,\s*(?:W\/)?"[\x21\x23-\x7e]*")*\s*$/;
const OWN_STRONG_TAG = /(?<!W\/)"(\d{1,15})-[\w-]+"/g;

/**
 * The versions that `If-Match` allows; undefined without the header or with `*`. Weak tags and tags that are not ours
 * match nothing, so the list may be empty.
 *
 * @throws 400 when it is no list of entity tags
 */
function readIfMatch(value: string | undefined): number[] | undefined {
  if (value === undefined || value.trim() === '*') return undefined;
  if (!TAGS.test(value))
    refuse(httpErrors.malformedRequest, { errors: ['headers.If-Match: Must be * or entity tags'] });
  return [...value.matchAll(OWN_STRONG_TAG)].map(([, version]) => Number(version));
}

/** What a request says about when, and how often, it may take effect. */
export function readConditions(ctx: Context): Pick<CallContext, 'ifMatch' | 'idempotencyKey'> {
  if (['GET', 'HEAD'].includes(ctx.method)) return {};
  const ifMatch = readIfMatch(ctx.headers['if-match']);
  const key = ctx.headers['idempotency-key'];
  // Bare or as a structured-field string; what it may consist of is for the core to check.
  return {
    ...(ifMatch && { ifMatch }),
    ...(typeof key === 'string' && { idempotencyKey: key.replace(/^"(.*)"$/, '$1') }),
  };
}
