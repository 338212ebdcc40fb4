import { isIP } from 'node:net';
import {
  type CallContext,
  type HostedTaskApp,
  type JsonAnswer,
  type NamedOperation,
  runAsJson,
  type TaskApp,
} from '@taskapp/core';
import type { Context } from 'koa';
import { sendJson, setField } from './answer.ts';
import type { Bearer, ReadBearer } from './bearer.ts';
import { type BodyLimits, readBody } from './body.ts';
import { INVALID_TOKEN_CHALLENGE, identify, orBlame } from './caller.ts';
import { httpErrors, refuse } from './http-errors.ts';
import { type Address, addressOf, collectInput } from './input.ts';
import { spendLimit } from './limits.ts';
import type { LoadShedding } from './load-shedding.ts';
import { readConditions, strongTag, weakTag } from './preconditions.ts';
import { scopeOf } from './request-scope.ts';
import type { Routers } from './routers.ts';
import type { HoldSlot } from './user-slots.ts';

/** `starting`: not ready for operations yet. `draining`: about to close, still answering. */
export type LifecycleState = 'starting' | 'ready' | 'draining';

/** What routes need besides the app. */
export interface RouteOptions {
  /** Bytes of a request body at most. */
  readonly bodyLimit: number;
  readonly state: () => LifecycleState;
  readonly shedding: LoadShedding;
  readonly holdSlot: HoldSlot;
  readonly readBearer: ReadBearer;
}

/** What operations are served of. */
export type ServedApp = TaskApp | HostedTaskApp;

/** Registers a route for every operation of the app. */
export function registerOperations(routers: Routers, app: ServedApp, options: RouteOptions): void {
  const hasParameter = ({ http }: NamedOperation) => Number(http.includes(':'));
  // `/things/import` is no thing with that id.
  for (const operation of app.operations.toSorted((a, b) => hasParameter(a) - hasParameter(b))) {
    const address = addressOf(operation);
    const route = { app, operation, address, options };
    routers.add(address.method, address.path, (ctx, params) => answer(route, ctx, params));
  }
}

interface Route {
  readonly app: ServedApp;
  readonly operation: NamedOperation;
  readonly address: Address;
  readonly options: RouteOptions;
}

type Params = Readonly<Record<string, string>>;

async function answer(route: Route, ctx: Context, params: Params): Promise<void> {
  const { app, operation, address, options } = route;
  const scope = scopeOf(ctx);
  scope.route = address.path;
  scope.placeOf = address.placeOf;
  if (options.state() === 'starting') refuse(httpErrors.starting, { headers: { 'Retry-After': '1' } });
  // Answers to sign-in carry secrets next to what the caller sent, which compression would give away (BREACH).
  if (operation.limit !== undefined) ctx.compress = false;
  const result = await options.shedding.serve(operation, async () => {
    const bearer = await options.readBearer(ctx.req);
    if (bearer.kind === 'genuine') {
      const { userId, sessionId } = bearer.claims;
      Object.assign(scope, { userId, sessionId });
    }
    if (bearer.kind !== 'none' && operation.access !== 'public') scope.challenge = INVALID_TOKEN_CHALLENGE;
    await spendLimit(ctx, app.rateLimit, operation, bearer);
    return options.holdSlot(scope.userId, () => carryOut(route, { ctx, params, bearer }));
  });
  reply(ctx, operation, result);
}

interface Given {
  readonly ctx: Context;
  readonly params: Params;
  readonly bearer: Bearer;
}

async function carryOut({ app, operation, address, options }: Route, { ctx, params, bearer }: Given) {
  const { shedding, bodyLimit } = options;
  const caller = await identify(operation, bearer);
  const body = address.hasBody ? await shedding.pause(() => readBody(ctx, limitsOf(operation, bodyLimit))) : {};
  const input = collectInput(operation, address, { params, querystring: ctx.querystring, body });
  return runAsJson(app, operation, { ...factsOf(ctx), ...caller }, input).catch(orBlame(bearer));
}

const BULK: Required<BodyLimits> = { bytes: 1_048_576, members: 50_000 };

const limitsOf = ({ bulk }: NamedOperation, bytes: number): BodyLimits =>
  bulk ? { ...BULK, bytes: Math.max(bytes, BULK.bytes) } : { bytes };

/** A peer without an address, as on a Unix socket, is nobody in particular. */
function factsOf(ctx: Context): Omit<CallContext, 'actor'> {
  const { requestId, ip } = scopeOf(ctx);
  const userAgent = ctx.get('User-Agent');
  return { requestId, ...(isIP(ip) && { ip }), ...(userAgent && { userAgent }), ...readConditions(ctx) };
}

function reply(ctx: Context, operation: NamedOperation, answer: JsonAnswer): void {
  const { json, version, replayed } = answer;
  if (replayed) setField(ctx, 'Idempotency-Replayed', 'true');
  if (json !== undefined && (version !== undefined || isRead(ctx))) setTag(ctx, json, answer);
  // A strong tag names these very bytes, and compression would make others of them.
  if (version !== undefined) ctx.compress = false;
  sendJson(ctx, operation.status ?? (json === undefined ? 204 : 200), json);
  if (isRead(ctx) && ctx.req.headers['if-none-match'] !== undefined && ctx.fresh) ctx.status = 304;
}

function setTag(ctx: Context, json: string, { version, tag }: JsonAnswer): void {
  setField(ctx, 'ETag', version === undefined ? weakTag(json, tag) : strongTag(version, json));
  if (isRead(ctx)) setField(ctx, 'Cache-Control', 'private, no-cache');
}

const isRead = ({ method }: Context): boolean => method === 'GET' || method === 'HEAD';

/** Answers requests that no route took: OPTIONS and 405 where the path is known, 404 where it is not. */
export function refuseUnmatched(routers: Routers) {
  return (ctx: Context): void => {
    const layers = routers.find(ctx.path).match(ctx.path, ctx.method).path;
    if (layers.length === 0) refuse(httpErrors.routeNotFound);
    ctx.set('Allow', [...new Set(layers.flatMap(({ methods }) => methods)), 'OPTIONS'].join(', '));
    if (ctx.method !== 'OPTIONS') refuse(httpErrors.methodNotAllowed);
    ctx.status = 204;
  };
}
