import type { Knex } from 'knex';
import { createAccessControl } from './auth/access-control.ts';
import { createRefreshTurns } from './auth/refresh-turns.ts';
import { createTokens } from './auth/tokens.ts';
import { createListCache } from './cache/list-cache.ts';
import type { Deps } from './deps.ts';
import { createHealthCheck } from './health.ts';
import type { TaskAppHooks } from './hooks/task-app-hooks.ts';
import { createHostedParts } from './hosted-app.ts';
import type { HostedTaskAppOptions } from './hosted-options.ts';
import { createCursors } from './kernel/cursors.ts';
import { type Watcher, watchCall } from './kernel/implement.ts';
import { silent } from './kernel/logger.ts';
import { guardRedis } from './kernel/redis-guard.ts';
import { traceLog } from './kernel/tracing.ts';
import { mapCalls, operations, type Services } from './operations.ts';
import { parseSettings, type TaskAppOptions } from './options.ts';
import { createPasswordHasher } from './passwords/password-hasher.ts';
import { purge } from './purge.ts';
import { createRateLimiter } from './rate-limit/rate-limiter.ts';
import { createKeyedServices, onlyOn } from './services.ts';
import { shareOut } from './shares.ts';
import { createSubscriptions, type Subscriptions } from './subscriptions/subscriptions.ts';
import type { HostedTaskApp, TaskApp } from './task-app.ts';
import { createLoginThrottle } from './throttle/login-throttle.ts';
import { type TransactionApp, toTransactionApp } from './transaction-app.ts';

/**
 * Builds the task app on connections that the caller owns: no I/O here, nothing read from the environment, nothing
 * shared between two apps in one process. With `users` accounts are the host's, and the app has tasks, tags and the log.
 *
 * @throws TypeError that lists every invalid option
 */
export function createTaskApp(options: HostedTaskAppOptions): HostedTaskApp;
export function createTaskApp(options: TaskAppOptions): TaskApp;
export function createTaskApp(options: TaskAppOptions | HostedTaskAppOptions): TaskApp | HostedTaskApp {
  const settings = shareOut(parseSettings(options), Boolean(options.redis));
  const { db, tracing, users, count = () => undefined, now = () => new Date() } = { users: undefined, ...options };
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
    // The app that a hook is given is of the kind that its host has made.
    hooks: {
      given: (options.hooks ?? {}) as TaskAppHooks,
      depth: 0,
      appOn: (trx, depth) => appInside(deps, trx, depth),
    },
    // A host may hand over a transaction from the start.
    cache: db.isTransaction ? null : createListCache(redis.cache, settings.cache, count),
  };
  const subscriptions = createSubscriptions(deps);
  const close = async () => {
    await subscriptions.close();
    await hasher.close();
  };
  const { on } = subscriptions;
  return {
    ...(users
      ? createHostedParts(deps, { users, on, watch: (services) => watchChanges(services, subscriptions) })
      : createOwnParts(deps, subscriptions)),
    rateLimit: createRateLimiter(redis.limits, settings.rateLimit),
    health: createHealthCheck(db, [redis.limits, redis.cache]),
    purge: () => purge(db),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What is different where accounts are the app's own. */
const createOwnParts = (deps: Deps, subscriptions: Subscriptions) => ({
  ...toTransactionApp(watchChanges(createKeyedServices(deps), subscriptions)),
  operations,
  access: createAccessControl(deps),
  withTransaction: (trx: Knex.Transaction) => appInside(deps, trx),
  on: subscriptions.on,
});

const watchChanges = (services: Services, watcher: Watcher): Services =>
  mapCalls(services, ({ http }, call) => (http.startsWith('GET ') ? call : watchCall(call, watcher)));

/** The app on a transaction, with `depth` hooks around its calls. */
const appInside = (deps: Deps, trx: Knex.Transaction, depth = deps.hooks.depth): TransactionApp =>
  toTransactionApp(createKeyedServices(onlyOn(trx, { ...deps, hooks: { ...deps.hooks, depth } })));
