/** Transport-neutral kinds of failure. HTTP maps each to a status, the CLI to an exit code. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'precondition'
  | 'unprocessable'
  | 'rate_limited'
  | 'unavailable';

/** One way to fail: a stable `feature.reason` code, its kind, and the message people read. */
export interface ErrorSpec<Code extends string = string> {
  readonly code: Code;
  readonly kind: ErrorKind;
  readonly message: string;
}

/** What is wrong with one field of an input; `path` is dotted, as in `tagIds.1`. */
export interface FieldProblem {
  readonly path: string;
  readonly message: string;
}

/** What a failure may carry besides its spec. */
export interface ErrorExtras {
  /** The invalid fields, at most 20. */
  readonly problems?: readonly FieldProblem[];
  /** Seconds after which trying again makes sense. */
  readonly retryAfter?: number;
  /** The error underneath; logged, never sent to a client. */
  readonly cause?: unknown;
}

const BRAND = Symbol.for('taskapp.error');

/** The only error class callers need to know; test with `isTaskAppError`, never with `instanceof`. */
export class TaskAppError extends Error {
  readonly [BRAND] = true;
  readonly code: string;
  readonly kind: ErrorKind;
  readonly problems: readonly FieldProblem[] | undefined;
  readonly retryAfter: number | undefined;

  constructor(spec: ErrorSpec, { problems, retryAfter, cause }: ErrorExtras = {}) {
    super(spec.message, cause === undefined ? undefined : { cause });
    this.name = 'TaskAppError';
    this.code = spec.code;
    this.kind = spec.kind;
    this.problems = problems;
    this.retryAfter = retryAfter;
  }
}

/** True for every TaskAppError, also one thrown by a second installed copy of this package. */
export const isTaskAppError = (error: unknown): error is TaskAppError => error instanceof Error && BRAND in error;

/** Declares the errors of a feature; keeps the literal codes for the types. */
export const defineErrors = <const T extends Record<string, ErrorSpec>>(errors: T): T => errors;

/** Throws the error that `spec` describes. */
export function fail(spec: ErrorSpec, extras?: ErrorExtras): never {
  throw new TaskAppError(spec, extras);
}

/** Errors that any operation can end with. */
export const kernelErrors = defineErrors({
  invalid: { code: 'input.invalid', kind: 'invalid', message: 'Validation failed' },
  tokenRequired: { code: 'auth.token_required', kind: 'unauthenticated', message: 'Access token required' },
  userRequired: { code: 'auth.user_required', kind: 'invalid', message: 'This operation acts for a user; name one' },
  adminRequired: { code: 'auth.admin_required', kind: 'forbidden', message: 'Administrators only' },
  unavailable: { code: 'database.unavailable', kind: 'unavailable', message: 'Service unavailable' },
  timeout: { code: 'database.timeout', kind: 'unavailable', message: 'Service unavailable' },
  readOnly: { code: 'database.read_only', kind: 'unavailable', message: 'Service unavailable' },
  storageFull: { code: 'database.storage_full', kind: 'unavailable', message: 'Service unavailable' },
  commitUnknown: { code: 'database.commit_unknown', kind: 'unavailable', message: 'Service unavailable' },
  notCommitted: { code: 'database.not_committed', kind: 'unavailable', message: 'Service unavailable' },
  schemaOutdated: {
    code: 'database.schema_outdated',
    kind: 'unavailable',
    message: 'The database schema is not up to date: run `taskctl db migrate`',
  },
  unstorable: { code: 'input.unstorable', kind: 'invalid', message: 'Validation failed' },
  versionConflict: {
    code: 'input.version_conflict',
    kind: 'precondition',
    message: 'The resource has changed in the meantime',
  },
  busy: { code: 'database.busy', kind: 'conflict', message: 'The resource is busy, try again' },
});

/** Refuses an input for reasons that only the handler can see, in the form validation uses. */
export const refuse = (path: string, message: string): never =>
  fail(kernelErrors.invalid, { problems: [{ path, message }] });
