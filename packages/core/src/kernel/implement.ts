import { checkContext } from './call-context.ts';
import type { CallContext, Contract, Handlers, Operation, Service } from './contract.ts';
import { translateDatabaseError } from './database-errors.ts';
import { fail, kernelErrors } from './errors.ts';
import { createInputCheck } from './input-check.ts';
import { revive, Serialized, toView } from './serialized.ts';

const AS_JSON = Symbol('taskapp.json');

type Handler = (ctx: CallContext, input: unknown) => Promise<unknown>;
type JsonCall = (ctx: CallContext, input?: unknown) => Promise<JsonAnswer>;
type Call = ((ctx: CallContext, input?: unknown) => Promise<unknown>) & { [AS_JSON]: JsonCall };

/** The result of an operation as a transport sends it. */
export interface JsonAnswer {
  /** JSON text; absent where the operation answers nothing. */
  readonly json?: string | undefined;
  /** The version of the resource that it shows. */
  readonly version?: number | undefined;
  /** Names the text; absent where the text itself has to. */
  readonly tag?: string | undefined;
  /** True when an earlier call with the same idempotency key was answered so. */
  readonly replayed?: boolean;
}

/**
 * Gives every caller - host, HTTP, CLI - the same three checks around each handler: access, input, output.
 * A handler missing from `handlers` does not compile.
 */
export function implement<C extends Contract>(contract: C, handlers: Handlers<C>): Service<C> {
  const calls = Object.entries(contract).map(([name, operation]) => [
    name,
    createCall(operation, handlers[name] as unknown as Handler),
  ]);
  return Object.fromEntries(calls) as Service<C>;
}

/** Runs a function made by `implement` and returns its result as JSON text. */
export const callAsJson = (call: unknown, ctx: CallContext, input: unknown): Promise<JsonAnswer> =>
  (call as Call)[AS_JSON](ctx, input);

/** Sends the calls that `selects` picks to `asJson` instead; the others stay with the service's own function. */
export function divertCall({ output }: Operation, own: unknown, divert: Diversion): unknown {
  const call = async (ctx: CallContext, input?: unknown) => {
    if (!divert.selects(ctx)) return (own as Call)(ctx, input);
    const { json } = await divert.asJson(ctx, input);
    return output && json !== undefined ? revive(output, JSON.parse(json)) : undefined;
  };
  const asJson: JsonCall = (ctx, input) =>
    divert.selects(ctx) ? divert.asJson(ctx, input) : callAsJson(own, ctx, input);
  return Object.assign(call, { [AS_JSON]: asJson });
}

/** The same function with `around` about each of its calls. */
export function surroundCall(own: unknown, around: Surrounding): unknown {
  const call = (ctx: CallContext, input?: unknown) => around(ctx, () => (own as Call)(ctx, input));
  const asJson: JsonCall = (ctx, input) => around(ctx, () => callAsJson(own, ctx, input));
  return Object.assign(call, { [AS_JSON]: asJson });
}

/** Runs a call and returns what it answers. */
export type Surrounding = <T>(ctx: CallContext, run: () => Promise<T>) => Promise<T>;

/** Another way to answer some calls of an operation. */
export interface Diversion {
  selects(ctx: CallContext): boolean;
  asJson(ctx: CallContext, input: unknown): Promise<JsonAnswer>;
}

/** Who wants to know that something was done. */
export interface Watcher {
  isListening(): boolean;
  nudge(): void;
}

/** Tells a watcher of calls that succeed. While it does not listen that costs a question. */
export function watchCall(own: unknown, watcher: Watcher): unknown {
  const call = own as Call;
  const asJson = call[AS_JSON];
  const told = async <T>(result: Promise<T>): Promise<T> => {
    const value = await result;
    watcher.nudge();
    return value;
  };
  return Object.assign(
    (ctx: CallContext, input?: unknown) => (watcher.isListening() ? told(call(ctx, input)) : call(ctx, input)),
    {
      [AS_JSON]: (ctx: CallContext, input?: unknown) =>
        watcher.isListening() ? told(asJson(ctx, input)) : asJson(ctx, input),
    },
  );
}

function createCall(operation: Operation, handler: Handler): Call {
  const { output } = operation;
  const checkInput = createInputCheck(operation);
  const perform = async (ctx: CallContext, input: unknown) => {
    checkContext(ctx);
    checkAccess(operation, ctx);
    const parsed = checkInput(input);
    return handler(ctx, parsed).catch(translateDatabaseError);
  };
  const call = async (ctx: CallContext, input?: unknown) => toView(output, await perform(ctx, input));
  const asJson: JsonCall = async (ctx, input) => {
    const result = await perform(ctx, input);
    if (!output) return {};
    if (result instanceof Serialized) return { json: result.json, version: result.version, tag: result.tag };
    const parsed = output.parse(result);
    return { json: JSON.stringify(parsed), version: (parsed as { version?: number }).version };
  };
  return Object.assign(call, { [AS_JSON]: asJson });
}

function checkAccess({ access }: Operation, { actor }: CallContext): void {
  if (access === 'public' || access === 'optional') return;
  if (!actor) fail(kernelErrors.tokenRequired);
  if (access === 'self' && actor.kind !== 'user') fail(kernelErrors.userRequired);
  if (access === 'admin' && actor.kind === 'user' && actor.role !== 'ADMIN') fail(kernelErrors.adminRequired);
}
