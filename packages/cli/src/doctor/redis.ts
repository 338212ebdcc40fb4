import type { Config } from '@taskapp/http/config';
import { reasonOf } from '../connection/database.ts';
import { type Check, fail, ok, warn } from './check.ts';

const OLDEST = [6, 2] as const;
const TIMEOUT_MS = 2000;

/** Whether Redis answers, is new enough, and makes room when it is full. */
export async function checkRedis(address: Config['redis']): Promise<Check[]> {
  if (!address) return [ok('redis', 'not configured: caches and limits are kept in each process')];
  try {
    const facts = await readFacts(address.url);
    return [checkVersion(facts), checkMemory(facts)];
  } catch (error) {
    return [fail('redis', reasonOf(error), 'Start Redis, or correct REDIS_URL.')];
  }
}

type Facts = Readonly<Record<string, string>>;

async function readFacts(url: string): Promise<Facts> {
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: null,
  });
  let reason: unknown;
  redis.on('error', (error) => {
    reason = error;
  });
  try {
    await redis.connect();
    const lines = (await redis.info()).split('\r\n').map((line) => line.split(/:(.*)/, 2) as [string, string]);
    return Object.fromEntries(lines);
  } catch (error) {
    throw reason ?? error;
  } finally {
    redis.disconnect();
  }
}

/** The version; Valkey tells the one of Redis that it is compatible with. */
export function checkVersion({ redis_version = '0' }: Facts): Check {
  const [major = 0, minor = 0] = redis_version.split('.').map(Number);
  const isOld = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
  if (isOld) return fail('redis', `version ${redis_version} is too old`, `Use Redis ${OLDEST.join('.')} or later.`);
  return ok('redis', `version ${redis_version}`);
}

const ADVICE = 'Set maxmemory-policy to volatile-lru.';

/**
 * What a Redis that is full forgets. Everything of this app in it has an end and can be lost: counts of limits are kept
 * in each process as well. So the keys used least recently should go, and those of other programs stay.
 */
function checkMemory({ maxmemory = '0', maxmemory_policy: policy = 'unknown' }: Facts): Check {
  const name = 'redis memory';
  if (maxmemory === '0')
    return warn(name, 'no maxmemory is set', 'Set maxmemory, and maxmemory-policy to volatile-lru.');
  if (policy === 'noeviction') return warn(name, 'noeviction: a full Redis refuses to cache', ADVICE);
  if (policy.startsWith('allkeys-')) {
    return warn(name, `${policy}: also drops keys of other programs that were meant to stay`, ADVICE);
  }
  if (policy !== 'volatile-lru' && policy !== 'volatile-lfu') {
    return warn(name, `${policy}: drops counts of limits before pages that nobody reads`, ADVICE);
  }
  return ok(name, `at most ${maxmemory} bytes, ${policy}`);
}
