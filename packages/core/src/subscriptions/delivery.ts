import { freeze } from '../kernel/freeze.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Count } from '../kernel/occurrences.ts';
import type { FoundEvent } from './event-reader.queries.ts';
import type { TaskAppEvent } from './task-app-event.ts';

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/** Tells one listener of events. */
export interface Delivery {
  /** Resolves once the listener has, or is given up; with false where it was stopped before. */
  tell(event: FoundEvent): Promise<boolean>;
}

interface DeliveryOptions {
  readonly types: ReadonlySet<string>;
  readonly listener: (event: TaskAppEvent) => unknown;
  /** For the log. */
  readonly consumer: string | null;
  readonly maxAttempts: number;
  readonly log: Logger;
  readonly count: Count;
  /** Waits, and resolves with false where that was broken off for good. */
  readonly pause: (ms: number) => Promise<boolean>;
}

/** Makes the calls of a listener: one at a time, and again until it succeeds, after 1 s, 2 s, 4 s, at most a minute. */
export function createDelivery({
  types,
  listener,
  consumer,
  maxAttempts,
  log,
  count,
  pause,
}: DeliveryOptions): Delivery {
  const attempt = async (event: FoundEvent): Promise<{ readonly error?: unknown }> => {
    try {
      await listener(toEvent(event));
      count('event_told');
      return {};
    } catch (error) {
      count('event_failed');
      return { error };
    }
  };
  return {
    tell: async (event) => {
      const { type } = JSON.parse(event.json);
      if (!types.has(type)) return true;
      for (let attempts = 1; ; attempts += 1) {
        const outcome = await attempt(event);
        if (!('error' in outcome)) return true;
        const facts = { consumer, eventId: event.id, eventType: type, attempts, error: outcome.error };
        if (attempts >= maxAttempts) {
          count('event_given_up');
          log.error('An event is given up: its listener has failed too often', facts);
          return true;
        }
        const retryInMs = Math.min(FIRST_PAUSE_MS * 2 ** (attempts - 1), LONGEST_PAUSE_MS);
        log.error('A listener failed; the event is told again, and those after it wait', { ...facts, retryInMs });
        if (!(await pause(retryInMs))) return false;
      }
    },
  };
}

function toEvent({ json }: FoundEvent): TaskAppEvent {
  const event = JSON.parse(json);
  return freeze({ ...event, createdAt: new Date(event.createdAt) }) as TaskAppEvent;
}
