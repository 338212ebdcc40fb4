import type { TaskClientError } from './client-error.ts';

const FIRST_WAIT = 250;
const LONGEST_WAIT = 8000;

/** Statuses of servers and proxies that may be well again in a moment. */
const PASSING: readonly (number | undefined)[] = [502, 503, 504];
/** Codes of answers to requests that were not carried out, or that another attempt is still carrying out. */
const NOT_CARRIED_OUT: readonly string[] = [
  'http.starting',
  'http.overloaded',
  'auth.overloaded',
  'auth.refresh_in_progress',
  'idempotency.in_progress',
];
const LOST: readonly string[] = ['client.network', 'client.timeout'];

/** Whether the same request may end otherwise. `isRepeatable`: it is no harm if the failed one took effect. */
export function isWorthRepeating({ code, status }: TaskClientError, isRepeatable: boolean): boolean {
  if (status === 429 || NOT_CARRIED_OUT.includes(code)) return true;
  return isRepeatable && (PASSING.includes(status) || LOST.includes(code));
}

/** Milliseconds to wait after the failure number `failures`, from 0; at random, so that callers do not return together. */
export function waitAfter(failures: number, { retryAfter = 0 }: Pick<TaskClientError, 'retryAfter'>): number {
  const backoff = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** failures);
  return retryAfter * 1000 + backoff * (0.5 + Math.random() / 2);
}

/** The seconds of `Retry-After`, also where it names a time: by the clock of the server, where it can be seen. */
export function parseRetryAfter(headers: Headers): number | undefined {
  const value = headers.get('Retry-After')?.trim() ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value);
  const now = Date.parse(headers.get('Date') ?? '') || Date.now();
  const seconds = Math.ceil((Date.parse(value) - now) / 1000);
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
