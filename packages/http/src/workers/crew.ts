import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@taskapp/core';
import { startError } from '../start-errors.ts';
import { createStrikes } from './strikes.ts';
import type { WorkerProcess } from './worker-process.ts';

export interface CrewOptions {
  readonly log: Logger;
  readonly size: number;
  /** Starts a process. */
  readonly fork: () => WorkerProcess;
  /** Told once, when no worker serves and none stays long enough for that. */
  readonly onHopeless: (error: unknown) => void;
}

/** The workers of a server, as many as are wanted. */
export interface Crew {
  /** Those that serve now. */
  serving(): readonly WorkerProcess[];
  /** Starts one worker; @throws what kept it from serving */
  add(): Promise<WorkerProcess>;
  /** From now on, replaces workers that end; starts those that are missing. */
  keep(): void;
  /** Ends a worker in whose place others serve; resolves when it is gone. */
  retire(member: WorkerProcess): Promise<void>;
  /** Replaces every worker by a new one, one after the other, each once the new one serves. */
  replaceAll(): Promise<void>;
  /** Ends all of them, as one process ends at SIGTERM. */
  stop(): Promise<void>;
}

/** Longer than a worker takes that can still act: for its last requests and, when all end, the delay before. */
const PATIENCE_MS = { 'hand over': 30_000, stop: 90_000 };

/** Keeps `size` workers alive. */
export function createCrew({ log, size, fork, onHopeless }: CrewOptions): Crew {
  const members = new Map<WorkerProcess, 'starting' | 'serving' | 'leaving'>();
  const strikes = createStrikes(size);
  const stopping = new AbortController();
  let isKept = false;
  let queue: Promise<void> = Promise.resolve();
  const isOver = () => stopping.signal.aborted;
  const count = () => [...members.values()].filter((state) => state !== 'leaving').length;
  const serving = () => [...members].filter(([, state]) => state === 'serving').map(([member]) => member);
  /** One thing at a time: replacing all and filling a gap would count each other's workers. */
  const enqueue = (work: () => Promise<void>) => {
    queue = queue.then(work).catch((error: unknown) => {
      log.error('The workers are not as they should be', { error });
    });
    return queue;
  };

  const add = async () => {
    if (isOver()) throw startError('server.interrupted', 'The start was interrupted');
    const member = fork();
    members.set(member, 'starting');
    void member.ended.then((how) => leave(member, how));
    await member.ready;
    if (members.get(member) === 'starting') members.set(member, 'serving');
    strikes.begin(member);
    log.info('Worker serves', { worker: member.id, pid: member.pid });
    return member;
  };
  const leave = (member: WorkerProcess, how: number | string) => {
    const state = members.get(member);
    members.delete(member);
    if (isOver() || !isKept || state !== 'serving') return;
    log.error('A worker ended by itself', { worker: member.id, pid: member.pid, how });
    strikes.end(member);
    void enqueue(fill);
  };
  const fill = async () => {
    while (!isOver() && count() < size) {
      await sleep(strikes.delayMs(), undefined, { signal: stopping.signal }).catch(() => undefined);
      if (isOver()) return;
      const failure = await add().then(
        () => undefined,
        (error: unknown) => ({ error }),
      );
      if (failure) strikes.add();
      if (failure && !isOver()) log.error('A worker does not start', failure);
      if (serving().length === 0 && strikes.areTooMany())
        return onHopeless(failure?.error ?? new Error('Workers keep ending'));
    }
  };
  const end = async (member: WorkerProcess, type: 'hand over' | 'stop') => {
    members.set(member, 'leaving');
    member.order({ type });
    const timer = setTimeout(member.kill, PATIENCE_MS[type]);
    await member.ended;
    clearTimeout(timer);
  };
  const retire = (member: WorkerProcess) => end(member, 'hand over');
  const replaceOne = async (old: WorkerProcess) => {
    if (isOver() || members.get(old) !== 'serving') return;
    await add();
    await retire(old);
    await fill();
  };
  return {
    serving,
    add,
    retire,
    keep: () => {
      isKept = true;
      void enqueue(fill);
    },
    replaceAll: () =>
      enqueue(async () => {
        log.info('Replacing the workers');
        for (const old of serving()) await replaceOne(old);
        log.info('Workers replaced');
      }),
    stop: async () => {
      stopping.abort();
      await Promise.all([...members.keys()].map((member) => end(member, 'stop')));
    },
  };
}
