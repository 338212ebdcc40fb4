import { ERRORS } from '@taskapp/core';
import * as z from 'zod';
import type { ZodOpenApiComponentsObject } from 'zod-openapi';
import { envelope } from './error-bodies.ts';
import { httpErrors, toHttpError } from './http-errors.ts';

/** The body of every error answer. */
export const error = z
  .object({
    status: z.literal('error'),
    message: z.string().describe('What went wrong, for people'),
    errors: z.array(z.string()).optional().describe('What is wrong with the input, a line each: `body.email: ...`'),
    code: z.string().describe('What went wrong, for programs; never changes its meaning'),
    requestId: z.string().describe('Names the request in the logs'),
  })
  .meta({ id: 'Error', description: 'Every answer that is not a success' });

/** The body of every error answer for those who prefer `application/problem+json`. */
export const problem = z
  .object({
    type: z.string().describe('`urn:taskapp:` and the code'),
    title: z.string().describe('What went wrong, for people'),
    status: z.int().describe('The HTTP status'),
    detail: z.string().describe('What is wrong with this request'),
    instance: z.string().describe('Names the request in the logs'),
    errors: error.shape.errors,
    code: error.shape.code,
  })
  .meta({ id: 'Problem', description: 'An `Error` as RFC 9457 has it, for `Accept: application/problem+json`' });

const header = (description: string, schema: { type: 'string' | 'integer'; format?: 'int32' }) => ({
  description,
  schema,
});

const SAMPLE_ID = '0198c7a2-6f3e-7c41-9b1d-5f1c2a7e4d90';
const SAMPLE_ERRORS: Readonly<Record<string, readonly string[]>> = {
  'input.invalid': ['body.name: Required'],
  'rate_limit.exceeded': ['Rate limit exceeded. Try again in 30 seconds.'],
};
const examples = [...ERRORS.map(toHttpError), ...Object.values(httpErrors)].map((spec) => [
  spec.code,
  { summary: spec.message, value: envelope(spec, SAMPLE_ID, SAMPLE_ERRORS[spec.code]) },
]);

/** Headers, schemas and examples that the answers of all operations share. */
export const components = {
  schemas: { Error: error, Problem: problem },
  examples: Object.fromEntries(examples) as Record<string, { summary: string; value: unknown }>,
  headers: {
    RateLimit: header('What is left of the budget and seconds until it is full: `"user";r=299;t=60`', {
      type: 'string',
    }),
    RateLimitPolicy: header('The budget that was charged: `"user";q=300;w=60`', { type: 'string' }),
    RetryAfter: header('Seconds after which trying again makes sense', { type: 'integer', format: 'int32' }),
    WwwAuthenticate: header('What to bring, and whether the token was no good', { type: 'string' }),
    ETag: header('Names this state of the resource, for `If-Match` and `If-None-Match`', { type: 'string' }),
    AllowOrigin: header('The origin that may read the answer, where it is one that the server allows', {
      type: 'string',
    }),
    RequestId: header('The id of the request, the one that was sent or a new one', { type: 'string' }),
  },
} satisfies ZodOpenApiComponentsObject;

/** Points to a header of `components`. */
export const reference = (name: keyof (typeof components)['headers']) => ({
  $ref: `#/components/headers/${name}` as const,
});

/** Headers of every answer. */
export const commonHeaders = {
  'X-Request-Id': reference('RequestId'),
  'Access-Control-Allow-Origin': reference('AllowOrigin'),
};

/** Headers of every answer that was charged to a limit. */
export const limitHeaders = {
  ...commonHeaders,
  RateLimit: reference('RateLimit'),
  'RateLimit-Policy': reference('RateLimitPolicy'),
};
