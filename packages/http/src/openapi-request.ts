import { fieldsOf, isKeyed, type NamedOperation } from '@taskapp/core';
import * as z from 'zod';
import type { Address } from './input.ts';
import { isVersioned } from './openapi-errors.ts';

/** The parameters and the body of an operation: each field of its input where it travels. */
export function describeRequest(operation: NamedOperation, { placeOf }: Address) {
  const { input } = operation;
  const part = (place: 'params' | 'query' | 'body') => {
    const names = Object.keys(input.shape).filter((name) => placeOf(name) === place);
    return names.length > 0
      ? input.pick(Object.fromEntries(names.map((name) => [name, true])) as Record<string, true>)
      : undefined;
  };
  const [path, query, body] = [part('params'), part('query'), part('body')];
  const needsBody = body !== undefined && fieldsOf(body).required.length > 0;
  return {
    requestParams: { ...(path && { path }), ...(query && { query }), ...describeConditions(operation) },
    ...(body && { requestBody: { required: needsBody, content: { 'application/json': { schema: body } } } }),
  };
}

const idempotencyKey = z.string().max(255).optional().describe('Repeated within a day, the call is answered as before');
const ifMatch = z.string().optional().describe('The ETag that the resource must still have');

function describeConditions(operation: NamedOperation) {
  const headers = {
    ...(isKeyed(operation) && { 'Idempotency-Key': idempotencyKey }),
    ...(isVersioned(operation) && { 'If-Match': ifMatch }),
  };
  return Object.keys(headers).length > 0 ? { header: z.object(headers) } : {};
}
