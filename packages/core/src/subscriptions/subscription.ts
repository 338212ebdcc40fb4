import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '../kernel/database.ts';
import type { Logger } from '../kernel/logger.ts';
import { createAlarm } from './alarm.ts';
import type { Delivery } from './delivery.ts';
import { findDue } from './delivery-order.ts';
import { findEvents, type Position } from './event-reader.queries.ts';
import { afterMove, type PositionStore } from './position-store.ts';

const POLL_MS = 1000;
const HOLD_MS = 3000;
const LONGEST_REST_MS = 30_000;
/** What was told within this time before a crash is told again. */
const REPEATED_MS = 500;
const PAGE = 100;
const LARGEST_PAGE = 25_600;
/** Calls that end within this time are read of together. */
const GATHER_MS = 10;
const STOP_MS = 10_000;

/** A listener that is being told. */
export interface Subscription {
  /** Looks for events now. */
  nudge(): void;
  /** Resolves once the call under way has ended, after ten seconds at most, and the position is kept. */
  stop(): Promise<void>;
}

interface SubscriptionParts {
  readonly db: Db;
  readonly log: Logger;
  readonly store: PositionStore;
  /** Given waits that end when the subscription does. */
  readonly deliver: (pause: (ms: number) => Promise<boolean>) => Delivery;
}

/** Starts to tell a listener: reads what has been committed, tells it one by one, and keeps how far it has come. */
export function startSubscription({ db, log, store, deliver }: SubscriptionParts): Subscription {
  const news = createAlarm();
  const end = createAlarm();
  let isStopped = false;
  let position: Position | undefined;
  let pageSize = PAGE;
  let failures = 0;

  const pause = async (ms: number) => {
    if (!isStopped) await end.wait(ms);
    return !isStopped && position !== undefined;
  };
  const delivery = deliver(pause);
  let kept: Promise<unknown> = Promise.resolve();
  let keptAt = 0;
  const save = async () => {
    keptAt = performance.now();
    if (position && !(await store.save(position))) position = undefined;
  };
  /** One after the other: an earlier position must not arrive last. */
  const keep = () => {
    const saved = kept.then(save);
    kept = saved.catch(() => undefined);
    return saved;
  };
  /** Tells what can be told; resolves with true if there may be more. */
  const tellPage = async (start: Position): Promise<boolean> => {
    const page = await findEvents(db, start, pageSize);
    const isFull = page.length === pageSize;
    const { events, after } = findDue(page, start, isFull);
    for (const event of events) {
      if (isStopped || !position || !(await delivery.tell(event))) return false;
      position &&= { ...position, told: [...position.told, event.id] };
      if (performance.now() - keptAt > REPEATED_MS) await keep();
    }
    if (!position) return false;
    const isStuck = isFull && events.length === 0;
    pageSize = isStuck && pageSize < LARGEST_PAGE ? pageSize * 4 : PAGE;
    const isOver = start.movedAt !== null && page.length === 0;
    position = isOver ? afterMove(start) : after;
    if (events.length > 0 || isOver) await keep();
    return isOver || (isFull && !isStuck) || pageSize > PAGE;
  };
  const turn = async (): Promise<number> => {
    position ??= await store.take();
    const hasMore = position ? await tellPage(position) : false;
    failures = 0;
    return hasMore ? 0 : POLL_MS;
  };
  const run = async () => {
    while (!isStopped) {
      const rest = await turn().catch((error) => {
        failures += 1;
        log.warn('Events cannot be read; it is tried again', { error, failures });
        return Math.min(POLL_MS * 2 ** (failures - 1), LONGEST_REST_MS);
      });
      if (isStopped || rest === 0) continue;
      await news.wait(rest);
      if (failures === 0 && !isStopped) await sleep(GATHER_MS);
    }
    await keep();
    await store.release();
  };
  // A failure to keep is seen by the next turn; meanwhile nothing is lost but the knowledge of what was told.
  const saving = setInterval(() => void keep().catch(() => undefined), HOLD_MS);
  const running = run()
    .catch((error) => log.warn('How far a listener has come could not be kept', { error }))
    .finally(() => clearInterval(saving));
  return {
    nudge: news.ring,
    stop: async () => {
      isStopped = true;
      news.ring();
      end.ring();
      await Promise.race([running, sleep(STOP_MS, undefined, { ref: false })]);
    },
  };
}
