import cluster from 'node:cluster';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type StartErrorCode, startError } from '../start-errors.ts';
import { createDeferred } from './deferred.ts';
import type { Order, Report, Serving, StartOrder } from './messages.ts';

/** A forked process, from the primary's side. */
export interface WorkerProcess {
  readonly id: number;
  readonly pid: number;
  /** Resolves with where it answers once it serves; rejects when it ends before. */
  readonly ready: Promise<Serving>;
  /** Resolves when it is gone, with its exit code or the signal that killed it. */
  readonly ended: Promise<number | string>;
  /** Tells it something; what reaches nobody is lost. */
  order(order: Order): void;
  kill(): void;
}

type Other = Exclude<Report, { type: 'here' | 'ready' | 'failed' }>;

/** Sources and build have the same names. */
const PROGRAM = fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url));

/** Forks a worker and lets it start. Node hands connections out in turn (`NODE_CLUSTER_SCHED_POLICY`). */
export function forkWorker(
  start: Omit<StartOrder, 'type' | 'worker'>,
  onReport: (from: WorkerProcess, report: Other) => void,
): WorkerProcess {
  cluster.setupPrimary({ exec: PROGRAM, args: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const worker = cluster.fork();
  const serving = createDeferred<Serving>();
  const ended = new Promise<number | string>((end) => {
    worker.once('exit', (code, signal) => end(signal ?? code));
    worker.on('error', (error) => end(error.message));
  });
  void ended.then((how) => serving.reject(new Error(`A worker ended before it served: ${how}`)));
  // Whoever waits is told; where nobody does, its end is noticed.
  serving.promise.catch(() => undefined);
  const here = createDeferred<void>();
  const send = (content: Order) => void worker.send(content, () => undefined);
  const order = (content: Order) => void here.promise.then(() => send(content));
  const member = {
    id: worker.id,
    pid: worker.process.pid ?? 0,
    ready: serving.promise,
    ended,
    order,
    kill: () => void worker.process.kill('SIGKILL'),
  };
  worker.on('message', (report: Report) => {
    if (report.type === 'here') here.resolve();
    else if (report.type === 'ready') serving.resolve(report);
    else if (report.type === 'failed') serving.reject(toError(report));
    else onReport(member, report);
  });
  order({ type: 'start', worker: worker.id, ...start });
  return member;
}

const toError = ({ message, code, cause }: Extract<Report, { type: 'failed' }>): Error =>
  code === undefined ? new Error(message, { cause }) : startError(code as StartErrorCode, message, cause);
