import { isKeyed, type NamedOperation, type OperationId } from '@taskapp/core';
import * as z from 'zod';
import { addressOf } from '../input.ts';
import type { PageRoute, Route, RouteTable } from './route-table.ts';

const PAGE_SIZE = 100;

/** Reduces operations to what a client has to know of them. */
export const describeRoutes = (operations: readonly NamedOperation[]): RouteTable =>
  Object.fromEntries(operations.map((operation) => [operation.id, describeRoute(operation)])) as Record<
    OperationId,
    Route
  >;

/** The module `routes.js` as the built package has it. */
export const renderRoutes = (operations: readonly NamedOperation[]): string =>
  `export const routes = ${JSON.stringify(describeRoutes(operations))};\n`;

function describeRoute(operation: NamedOperation): Route {
  const { access, query, output } = operation;
  const { method, path } = addressOf(operation);
  const dates = output ? findDates(output) : [];
  const pages = describePages(operation);
  const tokens = describeTokens(operation);
  return {
    method,
    path,
    ...(query && { query }),
    ...(access === 'public' && { isPublic: true }),
    ...(isKeyed(operation) && { isKeyed: true }),
    // Of what takes a refresh token the server knows a repetition, and answers it alike.
    ...((method !== 'POST' || tokens) && { isRepeatable: true }),
    ...(!output && { isSilent: true }),
    ...(dates.length > 0 && { dates }),
    ...(pages && { pages }),
    ...(tokens && { tokens }),
  };
}

function describePages({ input, output }: NamedOperation): PageRoute | undefined {
  if (!(output instanceof z.ZodObject) || !('pagination' in output.shape)) return undefined;
  const items = Object.keys(output.shape).find((name) => name !== 'pagination') as string;
  return { items, defaults: { limit: PAGE_SIZE, ...('count' in input.shape && { count: false }) } };
}

function describeTokens({ input, output }: NamedOperation): Route['tokens'] {
  if (!('refreshToken' in input.shape)) return undefined;
  return output ? 'renew' : 'end';
}

/** A schema as far as dates can be inside it. */
interface Def {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly innerType?: z.ZodType;
}

function findDates(schema: z.ZodType, path: readonly string[] = []): string[] {
  const { type, shape = {}, element, innerType } = schema._zod.def as unknown as Def;
  if (type === 'date') return [path.join('.')];
  if (innerType) return findDates(innerType, path);
  if (element) return findDates(element, [...path, '*']);
  return Object.entries(shape).flatMap(([name, field]) => findDates(field, [...path, name]));
}
