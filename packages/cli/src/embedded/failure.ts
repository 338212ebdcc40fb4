/**
 * Throws a failure that the operator can act on. It wears the core's brand (`isTaskAppError`), kind `unavailable`, so
 * the command line treats it like a database that is down: the message alone, and the exit code 9.
 */
export function failEmbedded(message: string, cause?: unknown): never {
  const error = new Error(message, cause === undefined ? undefined : { cause });
  throw Object.assign(error, {
    name: 'TaskAppError',
    code: 'database.embedded',
    kind: 'unavailable',
    problems: undefined,
    retryAfter: undefined,
    [Symbol.for('taskapp.error')]: true,
  });
}

/** The `code` of a system error (`ENOENT`), or of PostgreSQL's (`3D000`); undefined for anything else. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
