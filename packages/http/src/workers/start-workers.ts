import cluster from 'node:cluster';
import { isatty } from 'node:tty';
import type { Logger } from '@taskapp/core';
import type { Config } from '../config.structure.ts';
import type { RunningServer } from '../server.ts';
import { startError } from '../start-errors.ts';
import { type Crew, createCrew } from './crew.ts';
import { createDeferred } from './deferred.ts';
import type { LogOutput } from './messages.ts';
import { createMetricsRelay, type Teller } from './metrics-relay.ts';
import { forkWorker } from './worker-process.ts';

export interface WorkersOptions {
  /** `workers` tells how many. */
  readonly config: Config;
  readonly log: Logger;
  /** Gives up starting. */
  readonly signal?: AbortSignal;
  /** Where the workers write their logs. */
  readonly output: LogOutput;
}

/**
 * Starts `config.workers` processes that serve together at one address, and replaces those that end by themselves.
 * SIGHUP replaces all, one after the other. The first one does what has to be done once: it waits for PostgreSQL and
 * migrates; the others start when it serves.
 *
 * @throws StartError like `startServer`; no process is left then
 */
export async function startWorkers({ config, log, signal, output }: WorkersOptions): Promise<RunningServer> {
  if (!cluster.isPrimary) throw startError('server.in_cluster', 'This process is one of a cluster: set WORKERS to 1');
  let current = config;
  let isFirst = true;
  const { promise: failed, reject: fail } = createDeferred<never>();
  // Whoever runs the server waits for it; where nobody does, it is no failure of its own.
  failed.catch(() => undefined);
  const relay = createMetricsRelay((): readonly Teller[] => crew.serving());
  const fork = () => forkWorker({ config: current, output, isFirst }, relay);
  const crew: Crew = createCrew({ log, size: config.workers, fork, onHopeless: fail });
  const onAbort = () => void crew.stop();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const first = await crew.add();
    const { url, port, poolMax } = await first.ready;
    isFirst = false;
    const isReduced = poolMax < config.database.poolMax;
    if (isReduced) {
      log.warn('PostgreSQL takes fewer connections than the workers may open: their pools are smaller', { poolMax });
      current = { ...config, database: { ...config.database, poolMax } };
    }
    const missing = isReduced ? config.workers : config.workers - 1;
    await Promise.all(Array.from({ length: missing }, crew.add));
    if (isReduced) await crew.retire(first);
    if (signal?.aborted) throw startError('server.interrupted', 'The start was interrupted');
    if (!config.redis) log.warn('Without REDIS_URL each worker lets through its share of every limit, and no more');
    log.info('Workers serve', { url, workers: config.workers });
    crew.keep();
    const forget = takeHangups(crew);
    const close = () => crew.stop().finally(forget);
    return { url, port, close, failed };
  } catch (error) {
    await crew.stop();
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** SIGHUP replaces the workers; from a terminal that has gone away it means the end, as it does for one process. */
function takeHangups(crew: Crew): () => void {
  const hadTerminal = isatty(0);
  const onHangup = () => {
    if (hadTerminal && !isatty(0)) return void process.kill(process.pid, 'SIGTERM');
    void crew.replaceAll();
  };
  process.on('SIGHUP', onHangup);
  return () => void process.off('SIGHUP', onHangup);
}
