import type { Knex } from 'knex';
import type { AccessControl } from './auth/access-control.ts';
import type { Health } from './health.ts';
import type { HostAccess } from './host-users/host-access.ts';
import type { Actor, CallContext, SystemActor } from './kernel/contract.ts';
import type { HostedServices, NamedOperation, Services } from './operations.ts';
import type { Purged } from './purge.ts';
import type { RateLimiter } from './rate-limit/rate-limiter.ts';
import type { Subscriptions } from './subscriptions/subscriptions.ts';
import type { BoundServices, TransactionApp } from './transaction-app.ts';

/** The same where accounts are the host's. */
export type HostedBoundServices = Omit<BoundServices, Exclude<keyof Services, keyof HostedServices>>;

interface AppBase<OnTransaction> extends AsyncDisposable {
  /** What the app can do, described as data: all of `operations`, or those that are not about accounts. */
  readonly operations: readonly NamedOperation[];
  /** Named budgets of calls; transports spend them, library calls are not limited. */
  readonly rateLimit: RateLimiter;
  /** The same app inside the host's transaction: the host commits or rolls back. Nothing is read from the cache. */
  withTransaction(trx: Knex.Transaction): OnTransaction;
  /** Asks PostgreSQL and Redis; resolves within half a second and never rejects. */
  health(): Promise<Health>;
  /** Deletes what nothing needs any more: old sessions, keys and counters. Call it every hour or so. */
  purge(): Promise<Purged>;
  /**
   * Tells a listener of what was committed, in each workspace in order: at least once, one event at a time, never of what
   * was rolled back. Resolves, with the function that ends it, once nothing that is committed from then on is missed.
   *
   * @throws TypeError for options that are wrong, or a name that listens in this app already
   */
  on: Subscriptions['on'];
  /** Ends what the app started (hash workers, listeners). The host's connections stay open. Idempotent. */
  close(): Promise<void>;
}

/** An app with accounts of its own. */
export interface TaskApp extends TransactionApp, AppBase<TransactionApp> {
  /** Who is behind an access token. */
  readonly access: AccessControl;
}

/** The operations of an app whose accounts are its host's, on one transaction. Users have the host's ids everywhere. */
export interface HostedTransactionApp extends HostedServices {
  /** The operations for one actor. */
  as(actor: Actor, facts?: Omit<CallContext, 'actor'>): HostedBoundServices;
  /**
   * Deletes all tasks and tags of somebody, and what else is kept of them, as the deletion of an account does; what is
   * left is the log, which has a made-up id of theirs. Resolves with false where there was nothing. If the host still
   * knows them, they start anew with their next call.
   */
  forgetUser(actor: SystemActor, userId: string): Promise<boolean>;
}

/** An app whose accounts are its host's: made with `createTaskApp({ users })`. */
export interface HostedTaskApp extends HostedTransactionApp, AppBase<HostedTransactionApp> {
  /** Who is behind a request. */
  readonly access: HostAccess;
}
