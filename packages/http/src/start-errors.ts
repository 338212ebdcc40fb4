/** Why a server cannot start: what to do about it differs, so does the exit code. */
export type StartErrorCode =
  | 'server.port_in_use'
  | 'server.database_unavailable'
  | 'server.database_refused'
  | 'server.time_limits_missing'
  | 'server.schema_outdated'
  | 'server.too_few_connections'
  | 'server.tracing_missing'
  | 'server.in_cluster'
  | 'server.interrupted';

/** Thrown by `startServer`; the message is for the operator and holds no secret. */
export interface StartError extends Error {
  readonly code: StartErrorCode;
}

/** Makes a `StartError`. */
export const startError = (code: StartErrorCode, message: string, cause?: unknown): StartError =>
  Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { name: 'StartError', code });

/** True for the errors by which `startServer` says what the operator has to do. */
export const isStartError = (error: unknown): error is StartError =>
  error instanceof Error && error.name === 'StartError';
