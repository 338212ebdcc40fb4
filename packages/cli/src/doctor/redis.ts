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

function checkVersion({ redis_version = '0' }: Facts): Check {
  const [major = 0, minor = 0] = redis_version.split('.').map(Number);
  const isOld = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
  if (isOld) return fail('redis', `version ${redis_version} is too old`, `Use Redis ${OLDEST.join('.')} or later.`);
  return ok('redis', `version ${redis_version}`);
}

/** Everything kept there has an end, so a Redis that is full may drop it; one that refuses to write is of no use. */
function checkMemory({ maxmemory = '0', maxmemory_policy: policy = 'unknown' }: Facts): Check {
  if (maxmemory === '0') {
    return warn('redis memory', 'no maxmemory is set', 'Set maxmemory, and maxmemory-policy to allkeys-lru.');
  }
  if (policy === 'noeviction') {
    return warn('redis memory', 'noeviction: a full Redis refuses to cache', 'Set maxmemory-policy to allkeys-lru.');
  }
  return ok('redis memory', `at most ${maxmemory} bytes, ${policy}`);
}
