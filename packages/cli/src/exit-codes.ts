import type { ErrorKind } from '@taskapp/core';

/** What the exit codes mean. Scripts rely on them: a number is never reused. */
export const EXIT = {
  ok: 0,
  bug: 1,
  usage: 2,
  cancelled: 3,
  unauthenticated: 4,
  forbidden: 5,
  notFound: 6,
  conflict: 7,
  rateLimited: 8,
  unavailable: 9,
  checkFailed: 10,
  partlyFailed: 11,
  interrupted: 130,
  terminated: 143,
} as const;

/** The exit code of every kind of failure that the core knows; a new kind does not compile without one. */
export const EXIT_OF_KIND: Readonly<Record<ErrorKind, number>> = {
  invalid: EXIT.usage,
  unauthenticated: EXIT.unauthenticated,
  forbidden: EXIT.forbidden,
  not_found: EXIT.notFound,
  conflict: EXIT.conflict,
  precondition: EXIT.conflict,
  unprocessable: EXIT.usage,
  rate_limited: EXIT.rateLimited,
  unavailable: EXIT.unavailable,
};

/** The exit code for the signal that ended a run. */
export const exitOfSignal = (signal: unknown): number => (signal === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted);

/** The topic `taskctl help exit-codes`. */
export const EXIT_CODES_HELP = `Exit codes of taskctl

    0  success; an empty list is a success
    1  unexpected error: a bug
    2  wrong usage, or a value that validation refused
    3  cancelled at a question
    4  not authenticated
    5  forbidden
    6  not found
    7  conflict: exists already, or was changed meanwhile
    8  rate limited; try again later
    9  unavailable: the database or the server does not answer, or is not ready
   10  a check failed (doctor, db status --check)
   11  some of several failed
  130  interrupted (SIGINT); 143: terminated (SIGTERM)
`;
