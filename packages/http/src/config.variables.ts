import * as z from 'zod';
import { duration, flag, origins, processes, secrets, size, trustProxy, url, whole } from './config.fields.ts';

const DAY = 86_400;
const MILLION = 1_000_000;
/** Below it password hashes are for tests. */
const MIN_COST = 10;
const postgresUrl = url(['postgres:', 'postgresql:'], 'postgres://user:password@host:5432/database');
const redisUrl = url(['redis:', 'rediss:'], 'redis://host:6379');

/** Every variable with its form and its default. */
export const variables = z.object({
  NODE_ENV: z
    .enum(['development', 'production', 'test'], 'must be development, production or test')
    .prefault('development'),
  HOST: z.string().prefault('0.0.0.0'),
  PORT: whole(0, 65_535).prefault('3000'),
  WORKERS: processes(256).prefault('1'),
  DATABASE_URL: postgresUrl,
  DATABASE_DIRECT_URL: postgresUrl.optional(),
  DATABASE_POOL_MAX: whole(1, 1000).prefault('10'),
  DATABASE_PREPARED: flag.prefault('true'),
  DATABASE_POOLER: flag.prefault('false'),
  REDIS_URL: redisUrl.optional(),
  REDIS_CLUSTER: flag.prefault('false'),
  JWT_ACCESS_SECRET: secrets,
  JWT_REFRESH_SECRET: secrets,
  JWT_ACCESS_EXPIRY: duration(60, DAY).prefault('15m'),
  JWT_REFRESH_EXPIRY: duration(60, 365 * DAY).prefault('7d'),
  REFRESH_GRACE_SECONDS: whole(0, 300).prefault('30'),
  BCRYPT_COST: whole(4, 16).prefault('12'),
  CORS_ORIGIN: origins.prefault('http://localhost:3000'),
  TRUST_PROXY: trustProxy.prefault('none'),
  BODY_LIMIT: size.prefault('10kb'),
  RATE_LIMIT_WINDOW_MS: whole(1000, MILLION).prefault('60000'),
  RATE_LIMIT_MAX: whole(1, MILLION).prefault('100'),
  RATE_LIMIT_USER_MAX: whole(1, MILLION).prefault('300'),
  RATE_LIMIT_LOGIN_MAX: whole(1, MILLION).prefault('30'),
  MAX_CONCURRENT_PER_USER: whole(1, MILLION).prefault('10'),
  CACHE_TTL_SECONDS: whole(1, DAY).prefault('300'),
  LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug'], 'must be error, warn, info or debug').optional(),
  LOG_FORMAT: z.enum(['json', 'pretty'], 'must be json or pretty').optional(),
  TRACING: flag.prefault('false'),
  METRICS_TOKEN: z.string().min(16, 'must be at least 16 characters long').optional(),
  DOCS_ENABLED: flag.prefault('true'),
  AUTO_MIGRATE: flag.prefault('false'),
  SHUTDOWN_DELAY_MS: whole(0, 60_000).optional(),
  TASKAPP_DATA: z.string().prefault('.taskapp'),
});

/** The variables as they were read. */
export type Variables = z.output<typeof variables>;

/** What single variables cannot tell: combinations that make no sense. */
export function findConflicts(given: Variables): string[] {
  const { DATABASE_DIRECT_URL, DATABASE_POOLER, JWT_ACCESS_SECRET, JWT_REFRESH_SECRET, REDIS_CLUSTER, REDIS_URL } =
    given;
  const shared = JWT_ACCESS_SECRET.some((secret) => JWT_REFRESH_SECRET.includes(secret));
  const cheap = given.NODE_ENV === 'production' && given.BCRYPT_COST < MIN_COST;
  return [
    ...(shared ? ['JWT_REFRESH_SECRET must differ from JWT_ACCESS_SECRET; make a second one'] : []),
    ...(REDIS_CLUSTER && !REDIS_URL ? ['REDIS_CLUSTER is true, so REDIS_URL must name a node of the cluster'] : []),
    ...(DATABASE_POOLER && !DATABASE_DIRECT_URL
      ? ['DATABASE_POOLER is true, so DATABASE_DIRECT_URL must name the database itself']
      : []),
    ...(cheap ? [`BCRYPT_COST must be at least ${MIN_COST} in production`] : []),
  ];
}
