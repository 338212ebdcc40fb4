import type { Knex } from 'knex';
import * as z from 'zod';
import { findHookProblems, type TaskAppHooks } from './hooks/task-app-hooks.ts';
import { findHostProblems, type HostedTaskAppOptions, KNOWN_TO_ALL } from './hosted-options.ts';
import type { Logger } from './kernel/logger.ts';
import type { Count } from './kernel/occurrences.ts';
import { isUsable, type RedisClient, type RedisClients } from './kernel/redis-guard.ts';
import { isTracing, type Tracing } from './kernel/tracing.ts';

const SECRET_BYTES = 32;
const MIN_DISTINCT = 10;

const secret = z
  .string()
  .refine((value) => Buffer.byteLength(value) >= SECRET_BYTES, `Must be at least ${SECRET_BYTES} bytes`)
  .refine(
    (value) => new Set(value).size >= MIN_DISTINCT,
    'Is too easy to guess; make one with `taskctl secret generate`',
  )
  // Whoever has a public key could sign with it.
  .refine((value) => !value.includes('-----BEGIN'), 'Must be a secret, not a key file');
const secrets = z.union([secret, z.array(secret).min(1)]).transform((value) => [value].flat());
const seconds = (fallback: number, min: number, max: number) => z.int().min(min).max(max).default(fallback);
const points = (fallback: number) => z.int().min(1).max(1_000_000).default(fallback);

const DAY = 86_400;
const DAY_MS = DAY * 1000;

const settings = z.strictObject({
  secrets: z
    .strictObject({ access: secrets, refresh: secrets })
    .refine(
      ({ access, refresh }) => ![access].flat().some((value) => [refresh].flat().includes(value)),
      'access and refresh must differ',
    ),
  tokens: z
    .strictObject({
      accessTtlSeconds: seconds(900, 60, DAY),
      refreshTtlSeconds: seconds(7 * DAY, 60, 365 * DAY),
      sessionTtlSeconds: seconds(30 * DAY, 60, 365 * DAY),
      refreshGraceSeconds: seconds(30, 0, 300),
      issuer: z.string().min(1).default('taskapp'),
      audience: z.string().min(1).default('taskapp'),
    })
    .prefault({}),
  passwords: z
    .strictObject({
      cost: z.int().min(4).max(16).default(12),
      policy: z.enum(['default', 'nist']).default('default'),
      workers: z.int().min(1).max(64).optional(),
      maxQueue: z.int().min(1).max(10_000).default(32),
    })
    .prefault({}),
  rateLimit: z
    .strictObject({
      windowMs: z.int().min(1000).max(DAY_MS).default(60_000),
      ip: points(100),
      user: points(300),
      login: points(30),
    })
    .prefault({}),
  throttle: z
    .strictObject({
      perAccountAndIp: points(5),
      perIp: points(20),
      freeFailures: points(10),
      perDay: points(100),
      maxDelaySeconds: seconds(900, 1, DAY),
    })
    .prefault({}),
  cache: z
    .union([
      z.literal(false),
      z.strictObject({
        ttlSeconds: seconds(300, 1, DAY),
        maxBytes: z
          .int()
          .min(1)
          .default(32 * 1024 * 1024),
      }),
    ])
    .prefault({}),
  processes: z.int().min(1).max(1024).default(1),
});

/** The settings of an app with every default filled in. */
export type Settings = z.output<typeof settings>;

export interface TaskAppOptions extends z.input<typeof settings> {
  /** The host's connection pool. Never closed here. */
  readonly db: Knex;
  /** The host's client, or one for each use; `null`: an in-process cache and limiter. Never closed here. */
  readonly redis: RedisClient | RedisClients | null;
  /** Where the app reports what nobody asked for; silent by default. */
  readonly log?: Logger;
  /** Told of what operators like to count; for metrics. */
  readonly count?: Count;
  /** What is to happen with every change, in its transaction. */
  readonly hooks?: TaskAppHooks;
  /** `@opentelemetry/api`, the module itself: a span around each operation. Nothing is traced without it. */
  readonly tracing?: Tracing | undefined;
  /** Processes of this app on this machine, 1 by default: they divide its cores and, without Redis, limits. */
  readonly processes?: number;
  /** The clock that tokens are checked against; everything else uses the clock of PostgreSQL. */
  readonly now?: () => Date;
}

/** Checks the options of an app and fills in defaults. Names every problem at once, never a value. */
export function parseSettings(options: TaskAppOptions | HostedTaskAppOptions): Settings {
  const { db, redis, hooks, tracing, users, ...rest } = { users: undefined, ...options };
  const { log: _log, count: _count, now: _now, ...given } = rest;
  const parsed = settings.safeParse(users === undefined ? given : { secrets: KNOWN_TO_ALL, ...given });
  const issues = (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.') || 'options'}: ${message}`);
  const problems = [...findHostProblems(users, options), ...issues];
  if (typeof db !== 'function') problems.unshift('db: Must be a Knex instance');
  if (!isUsable(redis)) problems.push('redis: Must be an ioredis client, { limits, cache } of two, or null');
  problems.push(...findHookProblems(hooks));
  if (!isTracing(tracing)) problems.push('tracing: Must be the module @opentelemetry/api');
  if (parsed.success && problems.length === 0) return parsed.data;
  throw new TypeError(`createTaskApp cannot start:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
}
