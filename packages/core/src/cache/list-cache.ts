import { LRUCache } from 'lru-cache';
import type { RedisGuard } from '../kernel/redis-guard.ts';
import type { Settings } from '../options.ts';

/** Lists as JSON text. A key names the version of what it holds, so an entry is never wrong, only unused. */
export interface ListCache {
  /** Answers from this process, then from Redis, then from `load`; one `load` at a time for a key. */
  remember(key: string, load: () => Promise<string>): Promise<string>;
}

/** Larger texts cost more to move around than to make. */
const MAX_ENTRY = 64 * 1024;
const PREFIX = 'taskapp:list:';

/** Makes the cache of lists; `null` when it is switched off. */
export function createListCache(redis: RedisGuard, settings: Settings['cache']): ListCache | null {
  if (settings === false) return null;
  const { ttlSeconds, maxBytes } = settings;

  const loadThrough = async (key: string, load: () => Promise<string>) => {
    const shared = await redis.attempt((client) => client.get(PREFIX + key));
    if (shared) return shared;
    const json = await load();
    // Nobody waits for this: a page that is not kept is made again.
    if (json.length <= MAX_ENTRY) void redis.attempt((client) => client.set(PREFIX + key, json, 'EX', ttlSeconds));
    return json;
  };
  const local = new LRUCache<string, string, () => Promise<string>>({
    maxSize: maxBytes,
    maxEntrySize: MAX_ENTRY,
    sizeCalculation: (json, key) => json.length + key.length,
    ttl: ttlSeconds * 1000,
    fetchMethod: (key, _stale, { context }) => loadThrough(key, context),
  });
  return { remember: async (key, load) => (await local.fetch(key, { context: load })) ?? load() };
}
