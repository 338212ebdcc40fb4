import type { Answer } from './http.ts';

/** `acked`: answered 2xx. `refused`: promised not to be applied. `unknown`: the client cannot tell. */
export type Outcome = 'acked' | 'refused' | 'unknown';

/** Failures of the server that promise that nothing was changed. */
const NOT_APPLIED = new Set([
  'database.unavailable',
  'database.timeout',
  'database.read_only',
  'database.storage_full',
  'database.not_committed',
  'http.starting',
  'http.overloaded',
  'auth.overloaded',
]);

/** What an answer says about the effect of a request. */
export function outcomeOf({ status, body }: Answer): Outcome {
  if (status >= 200 && status < 300) return 'acked';
  if (status < 500) return 'refused';
  return status === 503 && NOT_APPLIED.has(body?.code) ? 'refused' : 'unknown';
}

/** What a missing answer says: a connection that was never made carried nothing. */
export const outcomeOfError = (error: NodeJS.ErrnoException): Outcome =>
  error.code === 'ECONNREFUSED' ? 'refused' : 'unknown';
