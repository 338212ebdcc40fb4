import assert from 'node:assert/strict';
import { isTaskClientError, type TaskClientError } from '@taskapp/http/client';

/** The error that a client's call ends with; fails where it ends otherwise. */
export async function failureOf(call: Promise<unknown>): Promise<TaskClientError> {
  const outcome = await call.then(
    () => 'no error',
    (error: unknown) => error,
  );
  assert.ok(isTaskClientError(outcome), String(outcome));
  return outcome;
}

/** The code of the error that a client's call ends with, or `ok`. */
export const outcomeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    (error: unknown) => (isTaskClientError(error) ? error.code : String(error)),
  );
