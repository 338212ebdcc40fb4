import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { createTokens } from '../../packages/core/src/auth/tokens.ts';
import { parseSettings } from '../../packages/core/src/options.ts';
import { migrateTo } from '../../test/faults/cluster/cluster.ts';
import { startPostgres } from '../../test/faults/cluster/postgres.ts';
import { startRedisServer } from '../../test/support/redis-server.ts';
import { fillDatabase, idOf, outdateLists, type Size } from './data.ts';
import { OTHER_CORE, pin } from './processes.ts';

/** The servers behind the servers that are measured, full of data. */
export interface BenchWorld {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly size: Size;
  /** The environment of every server that is measured. */
  readonly environment: Readonly<Record<string, string>>;
  /** An access token of a user, good for all servers that are measured. */
  tokenOf(user: number): string;
  /** Those of users 1 and up, all that `size` tells of. */
  readonly tokens: readonly string[];
  /** Leaves no list cached anywhere but in processes. */
  forgetLists(): Promise<void>;
  /** Runs SQL as superuser. */
  admin<T extends Record<string, unknown>>(sql: string): Promise<T[]>;
  stop(): Promise<void>;
}

const UNLIMITED = '1000000';

/** Starts PostgreSQL and Redis on a core of their own and fills the database. */
export async function startWorld(size: Size): Promise<BenchWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'taskapp-bench-'));
  const cleanup: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true, maxRetries: 5 })];
  const stop = async () => {
    for (const action of cleanup.splice(0).reverse()) await action();
  };
  try {
    const postgres = await startPostgres(join(folder, 'postgres'), cleanup, { shared_buffers: '512MB' });
    pin(postgres.pid, OTHER_CORE);
    const redis = await startRedisServer();
    cleanup.push(() => redis.stop());
    pin(redis.pid, OTHER_CORE);
    const [databaseUrl, redisUrl] = [postgres.url(), redis.url];
    await migrateTo(databaseUrl);
    await fillDatabase(databaseUrl, size);
    const secrets = { access: randomBytes(32).toString('hex'), refresh: randomBytes(32).toString('hex') };
    const tokenOf = createSigner(secrets);
    const redisClient = new Redis(redisUrl);
    cleanup.push(() => redisClient.disconnect());
    return {
      databaseUrl,
      redisUrl,
      size,
      environment: createEnvironment({ databaseUrl, redisUrl, ...secrets }),
      tokenOf,
      tokens: Array.from({ length: size.users }, (_, index) => tokenOf(index + 1)),
      forgetLists: async () => {
        await redisClient.flushall();
        await outdateLists(databaseUrl);
      },
      admin: (sql) => postgres.admin(sql),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Endpoints {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly access: string;
  readonly refresh: string;
}

const createEnvironment = ({ databaseUrl, redisUrl, access, refresh }: Endpoints) => ({
  NODE_ENV: 'production',
  HOST: '127.0.0.1',
  DATABASE_URL: databaseUrl,
  REDIS_URL: redisUrl,
  JWT_ACCESS_SECRET: access,
  JWT_REFRESH_SECRET: refresh,
  SHUTDOWN_DELAY_MS: '0',
  RATE_LIMIT_MAX: UNLIMITED,
  RATE_LIMIT_USER_MAX: UNLIMITED,
  RATE_LIMIT_LOGIN_MAX: UNLIMITED,
});

function createSigner(secrets: { access: string; refresh: string }) {
  const settings = parseSettings({ db: (() => undefined) as never, redis: null, secrets });
  // An hour ahead of their end whatever the run takes: nobody refreshes here.
  const tokens = { ...settings.tokens, accessTtlSeconds: 86_400 };
  const { signAccess } = createTokens({ ...settings, tokens, now: () => new Date() });
  return (user: number) => signAccess({ userId: idOf('user', user), sessionId: idOf('session', user), role: 'USER' });
}
