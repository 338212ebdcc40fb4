import * as z from 'zod';
import type { ZodOpenApiPathsObject, ZodOpenApiResponseObject } from 'zod-openapi';
import { commonHeaders } from './openapi-components.ts';
import { commonErrors } from './openapi-errors.ts';

const answer = (description: string, schema: z.ZodType): ZodOpenApiResponseObject => ({
  description,
  headers: commonHeaders,
  content: { 'application/json': { schema } },
});
const health = z.object({ status: z.enum(['healthy', 'degraded']), timestamp: z.iso.datetime() });
const unhealthy = z.object({ status: z.literal('unhealthy') });
const readiness = z.object({
  status: z.enum(['healthy', 'degraded', 'unhealthy', 'starting', 'draining']),
  checks: z.object({ postgres: z.enum(['up', 'down']), redis: z.enum(['up', 'down', 'none']) }),
});

const common = { tags: ['service'], security: [] };

/** The routes for monitors, which are no operations. */
export const servicePaths: ZodOpenApiPathsObject = {
  '/health': {
    get: {
      ...common,
      operationId: 'service.health',
      summary: 'Tell whether the app works',
      description: '`degraded`: Redis is away; limits and caches are kept in the process, everything works.',
      responses: {
        ...commonErrors(),
        200: answer('It works', health),
        503: answer('PostgreSQL does not answer', unhealthy),
      },
    },
  },
  '/livez': {
    get: {
      ...common,
      operationId: 'service.live',
      summary: 'Tell whether the process answers',
      description: 'Asks nothing else: a process that does not answer should be restarted.',
      responses: { ...commonErrors(), 200: answer('It does', z.object({ status: z.literal('ok') })) },
    },
  },
  '/readyz': {
    get: {
      ...common,
      operationId: 'service.ready',
      summary: 'Tell whether to send requests here',
      description: 'Not while the server starts or closes, and not while PostgreSQL is away.',
      responses: {
        ...commonErrors(),
        200: answer('Ready', readiness),
        503: answer('Starting, closing, or without PostgreSQL', readiness),
      },
    },
  },
};
