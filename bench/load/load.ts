import { once } from 'node:events';
import { OTHER_CORE, spawnNode } from '../world/processes.ts';
import type { LoadPlan } from './requests.ts';

/** One run of the load generator. */
export interface LoadJob extends LoadPlan {
  readonly port: number;
  readonly seconds: number;
  readonly connections: number;
  /** Requests a second at most; as many as possible by default. */
  readonly rate?: number;
  /** Where the load comes from; the core of PostgreSQL and Redis by default. */
  readonly core?: number;
}

/** What the load generator saw. */
export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** How often each status was answered; `broken` for connections. */
  readonly statuses: Readonly<Record<string, number>>;
}

const program = new URL('./generator.ts', import.meta.url).pathname;

/** Sends the requests of a plan from a process of its own, on the core that the server does not have. */
export async function runLoad(job: LoadJob): Promise<LoadResult> {
  const child = spawnNode(['--import', import.meta.resolve('tsx'), program], job.core ?? OTHER_CORE);
  let complaint = '';
  child.stderr?.on('data', (data) => {
    complaint += data;
  });
  child.send(job);
  const [result] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error(`The load generator broke off: ${complaint}`))),
  ]);
  child.kill();
  return result as LoadResult;
}
