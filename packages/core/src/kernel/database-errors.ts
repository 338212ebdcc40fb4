import { type ErrorSpec, fail, kernelErrors } from './errors.ts';

interface Meaning {
  readonly spec: ErrorSpec;
  readonly retryAfter?: number;
}

const UNAVAILABLE: Meaning = { spec: kernelErrors.unavailable, retryAfter: 1 };
const LOCK_TIMEOUT = '55P03';
/** What PostgreSQL says of a statement that took too long. */
export const QUERY_CANCELED = '57014';
const OUTDATED: Meaning = { spec: kernelErrors.schemaOutdated };
/** A value that PostgreSQL refuses should have been refused by validation: the caller's mistake, and a gap of ours. */
const UNSTORABLE: Meaning = { spec: kernelErrors.unstorable };

/** SQLSTATE or Node error code -> what it means to a caller. Anything else is a bug and stays as it is. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  '40001': UNAVAILABLE,
  '40P01': UNAVAILABLE,
  '53300': UNAVAILABLE,
  '57P01': UNAVAILABLE,
  '57P02': UNAVAILABLE,
  '57P03': UNAVAILABLE,
  ECONNREFUSED: UNAVAILABLE,
  ECONNRESET: UNAVAILABLE,
  ENOTFOUND: UNAVAILABLE,
  EPIPE: UNAVAILABLE,
  ETIMEDOUT: UNAVAILABLE,
  EAI_AGAIN: UNAVAILABLE,
  '53100': { spec: kernelErrors.storageFull, retryAfter: 30 },
  '25006': { spec: kernelErrors.readOnly, retryAfter: 5 },
  [QUERY_CANCELED]: { spec: kernelErrors.timeout, retryAfter: 1 },
  [LOCK_TIMEOUT]: { spec: kernelErrors.busy, retryAfter: 1 },
  '22003': UNSTORABLE,
  '22007': UNSTORABLE,
  '22008': UNSTORABLE,
  '22021': UNSTORABLE,
  '22P02': UNSTORABLE,
  '22P05': UNSTORABLE,
  '2201W': UNSTORABLE,
  '2201X': UNSTORABLE,
  '3F000': OUTDATED,
  '42P01': OUTDATED,
  '42703': OUTDATED,
};

const CONNECTION_LOST = /Connection terminated|Query read timeout|timeout expired|Client has encountered/;

/** True when a lock was not to be had in time. */
export const isLockTimeout = (error: unknown): boolean => nativeOf(error).code === LOCK_TIMEOUT;

/** True when a statement took too long for the server. */
export const isTimeout = (error: unknown): boolean => nativeOf(error).code === QUERY_CANCELED;

/** Tells what that means here; every other error passes through. */
export const onLockTimeout =
  (spec: ErrorSpec) =>
  (error: unknown): never => {
    if (isLockTimeout(error)) fail(spec, { retryAfter: 1, cause: error });
    throw error;
  };

/** What the driver threw, below what Objection made of it. */
export const nativeOf = (error: unknown): { code?: string; message?: string; name?: string } =>
  (error as { nativeError?: Error } | null)?.nativeError ?? (error as Error);

/** True when the server may have got the last statement although no answer came back. */
export function isConnectionLoss(error: unknown): boolean {
  const { code = '', message = '', name = '' } = nativeOf(error);
  if (name === 'KnexTimeoutError' || CONNECTION_LOST.test(message)) return true;
  return /^(08|57P0)/.test(code) || /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)/.test(code);
}

/** Carries what a host's code threw past everything that gives failures of PostgreSQL a meaning. */
export class ForeignError extends Error {
  constructor(cause: unknown) {
    super("Thrown by the host's code", { cause });
  }
}

/** Rethrows what a call of another operation threw, inside of one: it has its meaning already. */
export function passOn(error: unknown): never {
  throw new ForeignError(error);
}

/**
 * Rethrows a failure of PostgreSQL or its connection as what it means to a caller, and what a host's code threw as it
 * was.
 */
export function translateDatabaseError(error: unknown): never {
  if (error instanceof ForeignError) throw error.cause;
  const meaning = MEANINGS[nativeOf(error).code ?? ''];
  if (meaning) fail(meaning.spec, { ...(meaning.retryAfter && { retryAfter: meaning.retryAfter }), cause: error });
  if (isConnectionLoss(error)) fail(UNAVAILABLE.spec, { retryAfter: 1, cause: error });
  throw error;
}
