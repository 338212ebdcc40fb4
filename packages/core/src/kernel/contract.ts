import type * as z from 'zod';
import type { ErrorSpec } from './errors.ts';
import type { Serialized } from './serialized.ts';

export type Role = 'USER' | 'ADMIN';

/** A person: their own workspaces, and the admin operations if they are an administrator. */
export interface UserActor {
  readonly kind: 'user';
  readonly userId: string;
  readonly role: Role;
  /** The login this call came through, where there is one. */
  readonly sessionId?: string;
}

/** The host or an operator. The only bypass of ownership; `reason` lands in the activity log. */
export interface SystemActor {
  readonly kind: 'system';
  readonly reason: string;
}

/** Who calls. There is no default actor. */
export type Actor = UserActor | SystemActor;

/** Whose the cursors, cached pages and idempotency keys of a call are: the user's, or the system's. */
export const callerOf = (actor: Actor | null): string => (actor?.kind === 'user' ? actor.userId : 'system');

/** A user's personal workspace as one request read it. `stamp` changes with every change of tasks or tags. */
export interface WorkspaceSnapshot {
  readonly id: string;
  readonly stamp: string;
}

/** Facts about one call. Transports fill it in, services only read it. */
export interface CallContext {
  readonly actor: Actor | null;
  readonly requestId?: string;
  readonly ip?: string;
  readonly userAgent?: string;
  /** The versions of the resource that the caller knows; it is changed only if it has one of them. */
  readonly ifMatch?: readonly number[];
  /** Names the call: repeated within a day it is answered as before and not carried out again. */
  readonly idempotencyKey?: string;
  /** The caller's personal workspace as authentication has just read it; good for one request, never longer. */
  readonly workspace?: WorkspaceSnapshot;
}

/**
 * Who may call an operation: `user` is any user or the system, `self` a user only. `public` knows no caller whatever
 * token comes along, `optional` knows one where the token is good, and asks for it where nothing else will do.
 */
export type Access = 'public' | 'optional' | 'user' | 'self' | 'admin';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One operation, described as data. HTTP routes, OpenAPI and `taskctl` commands are derived from it. */
export interface Operation {
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  /** `METHOD /path/:param`, below the API's prefix. Params and query (GET) or body (others) form one flat input. */
  readonly http: `${Method} /${string}`;
  /** Input fields that travel in the query although the method has a body. */
  readonly query?: readonly string[];
  readonly input: z.ZodObject;
  /** Absent: the operation answers nothing (204). */
  readonly output?: z.ZodType;
  /** Success status, where it is not 200 (or 204 without an output). */
  readonly status?: 201 | 202;
  /** What callers should be ready for, beyond input, access and availability. */
  readonly errors?: readonly ErrorSpec[];
  /** False: a repeated call is carried out again whatever its key: the answer must not be kept, or repeating is harmless. */
  readonly replayable?: false;
  /** Served by an overloaded server as well: refusing it would keep people in, or throw them out. */
  readonly essential?: true;
  /** Carries much at once: over HTTP its body may be a mebibyte, whatever the limit of the others is. */
  readonly bulk?: true;
  /** The rate limit it is charged to; the default is per user, or per address without one. */
  readonly limit?: string;
}

export type Contract = Readonly<Record<string, Operation>>;

/** Declares the operations of a feature; keeps the literal types. */
export const defineContract = <const C extends Contract>(contract: C): C => contract;

type Answer<O extends Operation> = O extends { readonly output: infer S extends z.ZodType }
  ? Promise<z.output<S>>
  : Promise<void>;
type Result<O extends Operation> = O extends { readonly output: infer S extends z.ZodType }
  ? Promise<z.input<S> | Serialized>
  : Promise<void>;

/** What a caller of an operation must bring: nobody may forget the actor. */
export type ContextOf<A extends Access> = A extends 'public' | 'optional'
  ? Omit<CallContext, 'actor'> & { readonly actor?: Actor | null }
  : Omit<CallContext, 'actor'> & { readonly actor: A extends 'self' ? UserActor : Actor };

/** What callers see: raw input in, parsed output back. Input may be left out where no field is required. */
export type Service<C extends Contract> = {
  readonly [K in keyof C]: (
    ctx: ContextOf<C[K]['access']>,
    ...input: Record<string, never> extends z.input<C[K]['input']>
      ? [input?: z.input<C[K]['input']>]
      : [input: z.input<C[K]['input']>]
  ) => Answer<C[K]>;
};

/** The same for one fixed actor: `app.as(actor).tasks.create({ title })`. */
export type BoundService<S> = {
  readonly [K in keyof S]: S[K] extends (ctx: never, ...input: infer I) => infer R ? (...input: I) => R : never;
};

/** What a feature writes: parsed input in, anything its output schema accepts back. */
export type Handlers<C extends Contract> = {
  readonly [K in keyof C]: (ctx: ContextOf<C[K]['access']>, input: z.output<C[K]['input']>) => Result<C[K]>;
};

/** The `:params` of an operation's path. */
export const pathParams = (operation: Operation): string[] =>
  [...operation.http.matchAll(/:(\w+)/g)].map(([, name]) => name as string);
