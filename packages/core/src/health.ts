import type { Db } from './kernel/database.ts';
import type { RedisGuard } from './kernel/redis-guard.ts';

/** `unhealthy`: PostgreSQL does not answer. `degraded`: it does, Redis does not, and everything works. */
export interface Health {
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  readonly checks: { readonly postgres: 'up' | 'down'; readonly redis: 'up' | 'down' | 'none' };
}

const BUDGET_MS = 500;
const FRESH_MS = 1000;

/** Makes the health check of an app; an answer is at most a second old and takes at most half a second. */
export function createHealthCheck(db: Db, redis: readonly RedisGuard[]): () => Promise<Health> {
  const check = async (): Promise<Health> => {
    const [postgres, ...answers] = await Promise.all([
      within(BUDGET_MS, () => probe(db)),
      ...redis.map(({ ping }) => ping()),
    ]);
    const all = answers.find((answer) => answer !== 'up') ?? 'up';
    const status = !postgres ? 'unhealthy' : all === 'down' ? 'degraded' : 'healthy';
    return { status, checks: { postgres: postgres ? 'up' : 'down', redis: all } };
  };
  let latest: { readonly at: number; readonly health: Promise<Health> } | undefined;
  return () => {
    const at = performance.now();
    if (!latest || at - latest.at > FRESH_MS) latest = { at, health: check() };
    return latest.health;
  };
}

/** On a connection of its own: a pool that is used up means busy, not ill. */
async function probe(db: Db): Promise<void> {
  const connection = await db.client.acquireRawConnection();
  try {
    await connection.query('select 1');
  } finally {
    await db.client.destroyRawConnection(connection);
  }
}

async function within(ms: number, work: () => Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const done = work().then(
    () => true,
    () => false,
  );
  return Promise.race([done, late]).finally(() => clearTimeout(timer));
}
