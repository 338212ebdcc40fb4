import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Count } from '../kernel/occurrences.ts';
import type { RedisClient, RedisGuard } from '../kernel/redis-guard.ts';
import type { Settings } from '../options.ts';

/** Lists as JSON text. A key names the version of what it holds, so an entry is never wrong, only unused. */
export interface ListCache {
  /** Answers from this process, then from Redis, then from `load`; one `load` at a time for a key. */
  remember(key: string, load: () => Promise<string>): Promise<string>;
}

/** Larger texts cost more to move around than to make. */
const MAX_ENTRY = 64 * 1024;
const PREFIX = 'taskapp:list:';

/** Ahead of each text in Redis: what it is and where it belongs, so that nothing else is ever taken for it. */
const seal = (key: string, json: string) => hash('sha256', `${key}\n${json}`, 'base64url').slice(0, SEAL_LENGTH);
const SEAL_LENGTH = 22;

const unseal = (key: string, sealed: string | null | undefined): string | undefined => {
  const json = sealed?.slice(SEAL_LENGTH) ?? '';
  return sealed === seal(key, json) + json ? json : undefined;
};

/** Makes the cache of lists; `null` when it is switched off. */
export function createListCache(redis: RedisGuard, settings: Settings['cache'], count: Count): ListCache | null {
  if (settings === false) return null;
  const { ttlSeconds, maxBytes } = settings;

  const loadThrough = async (key: string, load: () => Promise<string>) => {
    const shared = unseal(key, await redis.attempt((client) => client.get(PREFIX + key)));
    count(shared === undefined ? 'cache_miss' : 'cache_shared_hit');
    if (shared !== undefined) return shared;
    const json = await load();
    const keep = (client: RedisClient) => client.set(PREFIX + key, seal(key, json) + json, 'EX', ttlSeconds);
    // Nobody waits for this: a page that is not kept is made again.
    if (json.length <= MAX_ENTRY) void redis.attempt(keep);
    return json;
  };
  const local = new LRUCache<string, string, () => Promise<string>>({
    maxSize: maxBytes,
    maxEntrySize: MAX_ENTRY,
    sizeCalculation: (json, key) => json.length + key.length,
    ttl: ttlSeconds * 1000,
    // A list that is pushed out while it is being read is still an answer.
    ignoreFetchAbort: true,
    fetchMethod: (key, _stale, { context }) => loadThrough(key, context),
  });
  return {
    remember: async (key, load) => {
      const known = local.get(key);
      if (known === undefined) return (await local.fetch(key, { context: load })) ?? load();
      count('cache_hit');
      return known;
    },
  };
}
