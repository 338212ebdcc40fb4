import type { Knex } from 'knex';
import { type AccessControl, createAccessControl } from './auth/access-control.ts';
import { createRefreshTurns } from './auth/refresh-turns.ts';
import { createTokens } from './auth/tokens.ts';
import { createListCache } from './cache/list-cache.ts';
import type { Deps } from './deps.ts';
import { createHealthCheck, type Health } from './health.ts';
import { createCursors } from './kernel/cursors.ts';
import { type Watcher, watchCall } from './kernel/implement.ts';
import { silent } from './kernel/logger.ts';
import { guardRedis } from './kernel/redis-guard.ts';
import { traceLog } from './kernel/tracing.ts';
import { mapCalls, type Services } from './operations.ts';
import { parseSettings, type TaskAppOptions } from './options.ts';
import { createPasswordHasher } from './passwords/password-hasher.ts';
import { type Purged, purge } from './purge.ts';
import { createRateLimiter, type RateLimiter } from './rate-limit/rate-limiter.ts';
import { createKeyedServices, onlyOn } from './services.ts';
import { shareOut } from './shares.ts';
import { createSubscriptions, type Subscriptions } from './subscriptions/subscriptions.ts';
import { createLoginThrottle } from './throttle/login-throttle.ts';
import { type TransactionApp, toTransactionApp } from './transaction-app.ts';

export interface TaskApp extends TransactionApp, AsyncDisposable {
  /** Who is behind an access token. */
  readonly access: AccessControl;
  /** Named budgets of calls; transports spend them, library calls are not limited. */
  readonly rateLimit: RateLimiter;
  /** The same app inside the host's transaction: the host commits or rolls back. Nothing is read from the cache. */
  withTransaction(trx: Knex.Transaction): TransactionApp;
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

/**
 * Builds the task app on connections that the caller owns: no I/O here, nothing read from the environment, nothing
 * shared between two apps in one process.
 *
 * @throws TypeError that lists every invalid option
 */
export function createTaskApp(options: TaskAppOptions): TaskApp {
  const settings = shareOut(parseSettings(options), Boolean(options.redis));
  const { db, tracing, count = () => undefined, now = () => new Date() } = options;
  const log = tracing ? traceLog(options.log ?? silent, tracing) : (options.log ?? silent);
  const redis = guardRedis(options.redis, { log, count });
  const hasher = createPasswordHasher(settings.passwords);
  const deps: Deps = {
    db,
    log,
    count,
    tracing,
    hasher,
    tokens: createTokens({ ...settings, now }),
    lifetimes: settings.tokens,
    passwordPolicy: settings.passwords.policy,
    throttle: createLoginThrottle(redis.limits, settings.throttle, settings.secrets.refresh[0] as string),
    refreshes: createRefreshTurns(),
    cursors: createCursors(settings.secrets.access),
    requestSecret: `taskapp request ${settings.secrets.access[0]}`,
    hooks: { given: options.hooks ?? {}, depth: 0, appOn: (trx, depth) => appInside(deps, trx, depth) },
    // A host may hand over a transaction from the start.
    cache: db.isTransaction ? null : createListCache(redis.cache, settings.cache, count),
  };
  const subscriptions = createSubscriptions(deps);
  const close = async () => {
    await subscriptions.close();
    await hasher.close();
  };
  return {
    ...toTransactionApp(watchChanges(createKeyedServices(deps), subscriptions)),
    access: createAccessControl(deps),
    rateLimit: createRateLimiter(redis.limits, settings.rateLimit),
    withTransaction: (trx) => appInside(deps, trx),
    on: subscriptions.on,
    health: createHealthCheck(db, [redis.limits, redis.cache]),
    purge: () => purge(db),
    close,
    [Symbol.asyncDispose]: close,
  };
}

const watchChanges = (services: Services, watcher: Watcher): Services =>
  mapCalls(services, ({ http }, call) => (http.startsWith('GET ') ? call : watchCall(call, watcher)));

/** The app on a transaction, with `depth` hooks around its calls. */
const appInside = (deps: Deps, trx: Knex.Transaction, depth = deps.hooks.depth): TransactionApp =>
  toTransactionApp(createKeyedServices(onlyOn(trx, { ...deps, hooks: { ...deps.hooks, depth } })));
