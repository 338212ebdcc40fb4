import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, FaultProxy } from '../cluster/proxy.ts';
import type { World } from '../scenario.ts';
import { isCommit } from './commits.ts';

type SoakFault = (world: World) => Promise<void>;
type Place = 'postgres' | 'redis';

const network =
  (place: Place, fault: Fault, ms: number): SoakFault =>
  async ({ cluster }) => {
    const proxy: FaultProxy = cluster.network[place];
    proxy.set(fault);
    await sleep(ms);
    proxy.heal();
  };

/** Faults that a node has to live through: none of them ends a process of the API, whose memory is watched. */
export const faults: Readonly<Record<string, SoakFault>> = {
  'backends terminated': async ({ cluster: { postgres } }) => {
    await postgres.admin("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'");
  },
  'PostgreSQL killed': async ({ cluster: { postgres } }) => {
    await postgres.kill('SIGKILL');
    await postgres.start();
  },
  'PostgreSQL in a black hole': network('postgres', { kind: 'blackhole' }, 8000),
  'PostgreSQL far away': network('postgres', { kind: 'latency', ms: 50, jitter: 50 }, 8000),
  'commits cut': async ({ cluster: { network: links } }) => {
    const stop = links.postgres.inspect((chunk) => (isCommit(chunk) && randomInt(5) === 0 ? 'orphan' : 'pass'));
    await sleep(5000);
    stop();
  },
  'Redis replaced': ({ cluster }) => cluster.replaceRedis(),
  'Redis in a black hole': network('redis', { kind: 'blackhole' }, 8000),
  'Redis resetting': network('redis', { kind: 'reset' }, 4000),
};
