import { availableParallelism } from 'node:os';
import type { Settings } from './options.ts';

/** Below it whoever mistypes a password has to wait. */
const MIN_ATTEMPTS = 3;

/**
 * The settings of one process of several that serve side by side on one machine. They divide its cores for hashing
 * and, where they share no Redis, every limit that each of them counts by itself: together they let through what one
 * would, and some of them less, rounded up.
 */
export function shareOut(settings: Settings, hasRedis: boolean): Settings {
  const { processes, passwords, rateLimit, throttle } = settings;
  if (processes === 1) return settings;
  const hashWorkers = passwords.workers ?? Math.max(1, Math.floor((availableParallelism() - 1) / processes));
  const hashing = { ...settings, passwords: { ...passwords, workers: hashWorkers } };
  if (hasRedis) return hashing;
  const share = (points: number) => Math.ceil(points / processes);
  return {
    ...hashing,
    rateLimit: {
      ...rateLimit,
      ip: share(rateLimit.ip),
      user: share(rateLimit.user),
      login: share(rateLimit.login),
    },
    throttle: {
      ...throttle,
      perAccountAndIp: Math.min(throttle.perAccountAndIp, Math.max(MIN_ATTEMPTS, share(throttle.perAccountAndIp))),
      perIp: share(throttle.perIp),
    },
  };
}
