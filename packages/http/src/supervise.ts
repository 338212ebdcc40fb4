import type { Logger } from '@taskapp/core';
import type { RunningServer } from './server.ts';
import { isStartError } from './start-errors.ts';

const HARD_STOP_MS = 30_000;
const CRASH_DRAIN_MS = 5000;
/** EX_TEMPFAIL: a supervisor may try again. */
const TEMPORARY = 75;

/**
 * Runs a server until the process is told to stop, and resolves with the exit code: 0 after SIGTERM or SIGINT, 1
 * after a failure nobody caught or of its workers, 75 when PostgreSQL is absent. A second signal, or closing for more than 30 seconds, resolves
 * at once with 1: the caller exits.
 */
export async function supervise(start: (signal: AbortSignal) => Promise<RunningServer>, log: Logger): Promise<number> {
  const interrupt = new AbortController();
  const end = waitForEnd(log);
  void end.asked.then(() => interrupt.abort());
  try {
    const server = await start(interrupt.signal);
    const { code, withinMs } = await Promise.race([end.asked, server.failed ?? end.asked]);
    const closed = server.close().then(
      () => code,
      (error: unknown) => fail(log, error),
    );
    return await Promise.race([closed, end.insisted, timeOut(withinMs)]);
  } catch (error) {
    return fail(log, error);
  } finally {
    end.forget();
  }
}

function fail(log: Logger, error: unknown): number {
  if (!isStartError(error)) log.error('The server failed', { error });
  else if (error.code === 'server.interrupted') return 0;
  else log.error(error.message, { reason: error.code, ...(error.cause !== undefined && { error: error.cause }) });
  return isStartError(error) && error.code === 'server.database_unavailable' ? TEMPORARY : 1;
}

interface Ending {
  readonly code: number;
  readonly withinMs: number;
}

function waitForEnd(log: Logger) {
  let ask: (ending: Ending) => void = () => undefined;
  let insist: (code: number) => void = () => undefined;
  const asked = new Promise<Ending>((resolve) => {
    ask = resolve;
  });
  const insisted = new Promise<number>((resolve) => {
    insist = resolve;
  });
  let signals = 0;
  const onSignal = (signal: string) => {
    signals += 1;
    log.info('Stopping', { signal });
    if (signals > 1) insist(1);
    ask({ code: 0, withinMs: HARD_STOP_MS });
  };
  const onCrash = (error: unknown) => {
    log.error('Nobody caught this', { error });
    ask({ code: 1, withinMs: CRASH_DRAIN_MS });
  };
  const listeners = { SIGTERM: onSignal, SIGINT: onSignal, uncaughtException: onCrash, unhandledRejection: onCrash };
  for (const [event, listener] of Object.entries(listeners)) process.on(event, listener);
  const forget = () => {
    for (const [event, listener] of Object.entries(listeners)) process.off(event, listener);
  };
  return { asked, insisted, forget };
}

const timeOut = (ms: number) =>
  new Promise<number>((resolve) => {
    setTimeout(() => resolve(1), ms).unref();
  });
