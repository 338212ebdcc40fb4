import type { ErrorKind, FieldProblem } from '@taskapp/core';

/** What goes wrong between the client and the server; everything else has the server's own code. */
export type ClientErrorCode =
  | 'client.network'
  | 'client.timeout'
  | 'client.aborted'
  | 'client.redirected'
  | 'client.answer_invalid'
  | 'client.answer_too_large';

/** What is known of a failed call. */
export interface Failure {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly message: string;
  readonly requestId: string;
  readonly status?: number | undefined;
  readonly problems?: readonly FieldProblem[] | undefined;
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

/** The core's own brand, so that `isTaskAppError` of `@taskapp/core` knows these errors too. */
const BRAND = Symbol.for('taskapp.error');

/** Every failure of a call; test with `isTaskClientError`, never with `instanceof`. */
export class TaskClientError extends Error {
  readonly [BRAND] = true;
  /** What went wrong, for programs: a code of the server, or one that starts with `client.`. */
  readonly code: string;
  readonly kind: ErrorKind;
  /** Names the call in the server's log, also where no answer came back. */
  readonly requestId: string;
  /** The HTTP status; undefined where there was no answer. */
  readonly status: number | undefined;
  /** The invalid fields of the input. */
  readonly problems: readonly FieldProblem[] | undefined;
  /** Seconds after which trying again makes sense. */
  readonly retryAfter: number | undefined;

  constructor({ code, kind, message, requestId, status, problems, retryAfter, cause }: Failure) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'TaskClientError';
    this.code = code;
    this.kind = kind;
    this.requestId = requestId;
    this.status = status;
    this.problems = problems;
    this.retryAfter = retryAfter;
  }
}

/** True for every error that a client's call ends with, also one of a second installed copy of this package. */
export const isTaskClientError = (error: unknown): error is TaskClientError =>
  error instanceof Error && BRAND in error && 'requestId' in error;

const KINDS: Readonly<Record<number, ErrorKind>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  412: 'precondition',
  422: 'unprocessable',
  429: 'rate_limited',
};

/** The kind of failure that a status stands for. */
export const kindOf = (status: number): ErrorKind => KINDS[status] ?? (status < 500 ? 'invalid' : 'unavailable');

/** A failure for which no answer of the server is to blame. */
export const clientError = (
  code: ClientErrorCode,
  message: string,
  facts: Omit<Failure, 'code' | 'kind' | 'message'>,
) => new TaskClientError({ ...facts, code, message, kind: 'unavailable' });
