import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { atEnd } from './cleanup.ts';
import { settingOf } from './database.ts';
import { type RedisServer, startRedisServer } from './redis-server.ts';

/** A client on the shared server, with a key prefix of its own; quits after the file's tests. */
export function testRedis(): Redis {
  const keyPrefix = `test-${randomBytes(6).toString('hex')}:`;
  const redis = new Redis(settingOf('TEST_REDIS_URL'), { keyPrefix });
  atEnd(() => (redis.status === 'end' ? undefined : redis.quit()));
  return redis;
}

/** A private server to stop, kill or freeze (`kill('SIGSTOP')`); gone after the file's tests. */
export async function startRedis(): Promise<RedisServer> {
  const server = await startRedisServer();
  atEnd(server.stop);
  return server;
}

/** A client as hosts configure one, on a private server of its own. */
export async function ownRedis(): Promise<{ server: RedisServer; redis: Redis }> {
  const server = await startRedis();
  const redis = new Redis(server.url).on('error', () => undefined);
  atEnd(() => redis.disconnect());
  await redis.ping();
  return { server, redis };
}
