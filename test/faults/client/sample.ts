import { setTimeout as sleep } from 'node:timers/promises';
import { tallyOf } from '../probe.ts';

const EVERY_MS = 50;

/** How a request fared that was sent again and again. */
export interface Sample {
  /** How often each status occurred; 0: no answer. */
  readonly counts: Record<string, number>;
  /** In ms. */
  readonly p99: number;
}

/** Sends a request every 50 ms, whether the one before is answered or not, until `isOver`. */
export async function sample(request: () => Promise<{ status: number }>, isOver: () => boolean): Promise<Sample> {
  const times: number[] = [];
  const statuses: number[] = [];
  const asked: Promise<void>[] = [];
  const ask = async () => {
    const started = performance.now();
    statuses.push(
      await request()
        .then(({ status }) => status)
        .catch(() => 0),
    );
    times.push(performance.now() - started);
  };
  for (; !isOver(); await sleep(EVERY_MS)) asked.push(ask());
  await Promise.all(asked);
  times.sort((a, b) => a - b);
  return { counts: tallyOf(statuses), p99: times[Math.floor(times.length * 0.99)] ?? 0 };
}
