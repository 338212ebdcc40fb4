import { batch } from '../kernel/batches.ts';
import type { RedisClient, RedisGuard } from '../kernel/redis-guard.ts';
import type { WindowCount } from './window-counter.ts';

/** Counts calls by key in windows that begin with the first call, in Redis; `undefined` where Redis is of no use. */
export interface SharedCounter {
  add(key: string): Promise<WindowCount | undefined>;
  takeBack(key: string): Promise<void>;
  clear(key: string): Promise<void>;
}

/** A counter without an end would keep its key out for ever, so one that has lost it gets another. */
const ADD = `
local counts = {}
for at, key in ipairs(KEYS) do
  local points = redis.call('incr', key)
  local left = redis.call('pttl', key)
  if left < 0 then
    redis.call('pexpire', key, ARGV[1])
    left = tonumber(ARGV[1])
  end
  counts[2 * at - 1] = points
  counts[2 * at] = left
end
return counts`;
const TAKE_BACK = `if redis.call('exists', KEYS[1]) == 1 then return redis.call('decr', KEYS[1]) end`;

interface Scripts {
  taskappAdd(many: number, ...keysAndWindow: (string | number)[]): Promise<number[]>;
  taskappTakeBack(key: string): Promise<unknown>;
}

/** Makes a counter of windows that last so many milliseconds; `null` without a client. */
export function createSharedCounter(redis: RedisGuard, prefix: string, windowMs: number): SharedCounter | null {
  const { client } = redis;
  if (!client) return null;
  client.defineCommand('taskappAdd', { lua: ADD });
  client.defineCommand('taskappTakeBack', { lua: TAKE_BACK, numberOfKeys: 1 });
  const run = async <T>(work: (scripts: RedisClient & Scripts) => Promise<T>, calls = 1) =>
    redis.attempt((client) => work(client as RedisClient & Scripts), calls);
  const addAll = async (keys: readonly string[]): Promise<(WindowCount | undefined)[]> => {
    const names = keys.map((key) => prefix + key);
    const found = await run((scripts) => scripts.taskappAdd(keys.length, ...names, windowMs), keys.length);
    return keys.map((_, at) => found && toCount(found, at));
  };
  return {
    // The keys of one command are of one node: those of a cluster may be apart.
    add: client.isCluster ? async (key) => (await addAll([key]))[0] : batch(addAll),
    takeBack: async (key) => void (await run((scripts) => scripts.taskappTakeBack(prefix + key))),
    clear: async (key) => void (await run((scripts) => scripts.del(prefix + key))),
  };
}

const toCount = (found: readonly number[], at: number): WindowCount => ({
  consumedPoints: found[2 * at] ?? 0,
  msBeforeNext: found[2 * at + 1] ?? 0,
});
