import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, migrate } from '@taskapp/core';
import { type RedisServer, startRedisServer } from '../../support/redis-server.ts';
import { type ApiNode, createNode } from './node.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { type FaultProxy, startProxy } from './proxy.ts';

/** Everything a scenario may break: servers, the network between them, and two nodes of the API. */
export interface Cluster {
  readonly folder: string;
  readonly postgres: Postgres;
  readonly network: { readonly postgres: FaultProxy; readonly redis: FaultProxy };
  readonly nodes: readonly [ApiNode, ApiNode];
  readonly redis: () => RedisServer;
  /** Starts another Redis in the place of one that was killed. */
  replaceRedis(): Promise<void>;
  /** The environment of the nodes: for nodes and commands that a scenario starts itself. */
  readonly environment: Readonly<Record<string, string>>;
  /** Part of every password and text that is sent: must not appear in a log. */
  readonly canary: string;
  /** How long a node took to start when nothing was wrong: other work on this machine counts. */
  readonly startMs: number;
  stop(): Promise<void>;
}

const UNLIMITED = '1000000';

/** Starts PostgreSQL, Redis, a proxy in front of each, and two nodes behind them; nothing of it stays when one fails. */
export async function startCluster(): Promise<Cluster> {
  const cleanup: (() => unknown)[] = [];
  const stop = async () => {
    for (const action of cleanup.splice(0).reverse()) await action();
  };
  try {
    return await startParts(cleanup, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(cleanup: (() => unknown)[], stop: () => Promise<void>): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), 'taskapp-faults-'));
  cleanup.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const canary = `canary${randomBytes(8).toString('hex')}`;
  const postgres = await startPostgres(join(folder, 'postgres'), cleanup);
  await migrateTo(postgres.url());
  let redis = await startRedisServer();
  cleanup.push(() => redis.stop());
  const network = { postgres: await startProxy(postgres.port), redis: await startProxy(portOf(redis)) };
  cleanup.push(network.postgres.close, network.redis.close);
  const environment = createEnvironment(postgres.url(network.postgres.port), network.redis.port);
  const nodes = [await createNode(environment, [canary]), await createNode(environment, [canary])] as const;
  cleanup.push(() => Promise.all(nodes.map((node) => node.end('SIGKILL'))));
  const starts = await Promise.all(nodes.map((node) => node.start()));
  const replaceRedis = async () => {
    await redis.stop();
    redis = await startRedisServer();
    network.redis.retarget(portOf(redis));
  };
  return {
    folder,
    postgres,
    network,
    nodes,
    redis: () => redis,
    replaceRedis,
    environment,
    canary,
    startMs: Math.max(...starts),
    stop,
  };
}

/** Brings a database up to date. */
export async function migrateTo(url: string): Promise<void> {
  const db = connect(url);
  await migrate(db).finally(() => db.destroy());
}

const portOf = ({ url }: RedisServer) => Number(new URL(url).port);

const createEnvironment = (databaseUrl: string, redisPort: number) => ({
  // As in production, but for the cost of passwords.
  NODE_ENV: 'test',
  LOG_LEVEL: 'info',
  LOG_FORMAT: 'json',
  HOST: '127.0.0.1',
  DATABASE_URL: databaseUrl,
  REDIS_URL: `redis://127.0.0.1:${redisPort}`,
  JWT_ACCESS_SECRET: randomBytes(32).toString('hex'),
  JWT_REFRESH_SECRET: randomBytes(32).toString('hex'),
  // The real cost is for thieves; here it would only slow down the making of users.
  BCRYPT_COST: '4',
  TRUST_PROXY: '127.0.0.1/32',
  RATE_LIMIT_MAX: UNLIMITED,
  RATE_LIMIT_USER_MAX: UNLIMITED,
  RATE_LIMIT_LOGIN_MAX: UNLIMITED,
  MAX_CONCURRENT_PER_USER: UNLIMITED,
  // Longer than the balancer needs to notice that a node reports itself unready.
  SHUTDOWN_DELAY_MS: '1500',
});
