import type { FieldProblem } from '@taskapp/core';
import { EXIT, EXIT_OF_KIND } from './exit-codes.ts';

/** Failures that taskctl itself finds; the others come from the core. */
const EXIT_OF_CODE = {
  'cli.usage': EXIT.usage,
  'cli.cancelled': EXIT.cancelled,
  'cli.interrupted': EXIT.interrupted,
  'cli.actor_unknown': EXIT.unauthenticated,
  'cli.signed_out': EXIT.unauthenticated,
  'cli.not_found': EXIT.notFound,
  'cli.not_empty': EXIT.conflict,
  'cli.exists': EXIT.conflict,
  'cli.file': EXIT.usage,
  'database.unavailable': EXIT.unavailable,
  'cli.check_failed': EXIT.checkFailed,
  'cli.partly_failed': EXIT.partlyFailed,
} as const;

type CliCode = keyof typeof EXIT_OF_CODE;

interface FailureDetails {
  readonly problems?: readonly FieldProblem[];
  /** What to do next. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** An error as people and scripts are told it. */
export interface ErrorReport extends FailureDetails {
  readonly code: string;
  readonly message: string;
  readonly exitCode: number;
  readonly retryAfter?: number;
  /** Names the call in the log of a server. */
  readonly requestId?: string;
}

/** The same in the bundle and in what is not part of it. */
const FAILURE = Symbol.for('taskctl.failure');

/** Ends the command with a message for the operator and the exit code that belongs to `code`. */
export function failCli(code: CliCode, message: string, details: FailureDetails = {}): never {
  const report: ErrorReport = { ...details, code, message, exitCode: EXIT_OF_CODE[code] };
  throw Object.assign(new Error(message, { cause: details.cause }), { [FAILURE]: report });
}

/** What to tell about anything that was thrown; what nobody foresaw is a bug. */
export async function describeFailure(error: unknown): Promise<ErrorReport> {
  if (!(error instanceof Error)) return describeBug(String(error), error);
  if (FAILURE in error) return error[FAILURE] as ErrorReport;
  if ('code' in error && String(error.code).startsWith('commander.')) return describeUsage(error.message);
  if (error.name === 'StartError' && 'code' in error) return describeStart(error, String(error.code));
  const { isTaskAppError } = await import('@taskapp/core');
  if (!isTaskAppError(error)) return describeBug(error.message, error);
  const { code, message, kind, problems, retryAfter, cause, requestId } = error as typeof error & {
    requestId?: string;
  };
  const hint = problems?.some(({ path }) => path === 'workspaceId') ? HINTS['auth.user_required'] : HINTS[code];
  return {
    code,
    message,
    exitCode: EXIT_OF_KIND[kind],
    ...(problems && { problems }),
    ...(retryAfter !== undefined && { retryAfter }),
    ...(requestId !== undefined && { requestId }),
    ...(hint && { hint }),
    cause,
  };
}

const describeBug = (message: string, cause: unknown): ErrorReport => ({
  code: 'cli.unexpected',
  message: `Unexpected error: ${message}`,
  exitCode: EXIT.bug,
  hint: 'This is a bug. Run the command again with --debug and report what it prints.',
  cause,
});

const describeUsage = (message: string): ErrorReport => ({
  code: 'cli.usage',
  message: message.replace(/^error: /, '').replace('\n(Did', ' (Did'),
  exitCode: EXIT.usage,
});

/** Of a server that could not start; the message says what to do. */
const describeStart = ({ message, cause }: Error, code: string): ErrorReport => ({
  code,
  message,
  exitCode: code === 'server.interrupted' ? EXIT.interrupted : EXIT.unavailable,
  cause,
});

const HINTS: Readonly<Record<string, string>> = {
  'auth.user_required': 'Name the user: --as ada@example.com, or TASKCTL_AS.',
  'auth.token_required': 'Sign in: `taskctl auth login`.',
  'auth.token_invalid': 'Sign in again: `taskctl auth login`. A token of TASKCTL_TOKEN may have expired.',
  'auth.refresh_invalid': 'The session is over. Sign in again: `taskctl auth login`.',
  'auth.overloaded': 'Too many passwords are being hashed; try again.',
  'database.busy': 'Somebody else has it locked; try again.',
  'database.read_only': 'PostgreSQL takes no changes: it is a standby, or set so. `taskctl doctor` tells more.',
  'database.storage_full': 'The disk of PostgreSQL is full: make room.',
  'database.commit_unknown': 'The connection broke at the last moment: look whether it is done before you repeat it.',
  'database.timeout': 'PostgreSQL took too long; try again.',
  'database.unavailable': 'PostgreSQL does not answer. `taskctl doctor` tells more.',
};
