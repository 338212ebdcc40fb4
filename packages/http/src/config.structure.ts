import type { Variables } from './config.variables.ts';

/** What a server needs to know, checked and typed. `app` goes to `createTaskApp` as it is. */
export type Config = ReturnType<typeof structure>;

/** Groups the variables by who uses them. */
export function structure(given: Variables) {
  const production = given.NODE_ENV === 'production';
  return {
    environment: given.NODE_ENV,
    dataFolder: given.TASKAPP_DATA,
    /** Processes that serve side by side. */
    workers: given.WORKERS,
    database: structureDatabase(given),
    redis: given.REDIS_URL ? { url: given.REDIS_URL, cluster: given.REDIS_CLUSTER } : null,
    app: structureApp(given),
    http: structureHttp(given, production),
    /** Whether spans are made with `@opentelemetry/api`. */
    tracing: given.TRACING,
    log: {
      level: given.LOG_LEVEL ?? (production ? 'info' : 'debug'),
      format: given.LOG_FORMAT ?? (production ? 'json' : 'pretty'),
    },
  } as const;
}

const structureDatabase = (given: Variables) => ({
  url: given.DATABASE_URL,
  /** A connection that bypasses a pooler: for migrations. */
  directUrl: given.DATABASE_DIRECT_URL ?? given.DATABASE_URL,
  poolMax: given.DATABASE_POOL_MAX,
  prepared: given.DATABASE_PREPARED,
  /** `url` leads to a pooler in transaction mode. */
  pooler: given.DATABASE_POOLER,
  autoMigrate: given.AUTO_MIGRATE,
});

const structureApp = (given: Variables) => ({
  secrets: { access: given.JWT_ACCESS_SECRET, refresh: given.JWT_REFRESH_SECRET },
  tokens: {
    accessTtlSeconds: given.JWT_ACCESS_EXPIRY,
    refreshTtlSeconds: given.JWT_REFRESH_EXPIRY,
    refreshGraceSeconds: given.REFRESH_GRACE_SECONDS,
  },
  passwords: { cost: given.BCRYPT_COST },
  rateLimit: {
    windowMs: given.RATE_LIMIT_WINDOW_MS,
    ip: given.RATE_LIMIT_MAX,
    user: given.RATE_LIMIT_USER_MAX,
    login: given.RATE_LIMIT_LOGIN_MAX,
  },
  cache: { ttlSeconds: given.CACHE_TTL_SECONDS },
});

const structureHttp = (given: Variables, production: boolean) => ({
  host: given.HOST,
  port: given.PORT,
  corsOrigins: given.CORS_ORIGIN,
  trustProxy: given.TRUST_PROXY,
  bodyLimit: given.BODY_LIMIT,
  maxConcurrentPerUser: given.MAX_CONCURRENT_PER_USER,
  docs: given.DOCS_ENABLED,
  metricsToken: given.METRICS_TOKEN,
  /** How long a closing server keeps answering, so that balancers notice first. */
  shutdownDelayMs: given.SHUTDOWN_DELAY_MS ?? (production ? 5000 : 0),
});
