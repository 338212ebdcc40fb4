import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import {
  isTaskClientError,
  keepInMemory,
  type TaskClientError,
  type TokenStore,
  type Tokens,
} from '@taskapp/http/client';

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

/** A store that takes its time, and remembers what it was given. */
export function createStore(initial?: Tokens) {
  const kept = keepInMemory(initial);
  const history: (Tokens | undefined)[] = [];
  const store: TokenStore = {
    get: async () => {
      await pause(2);
      return kept.get();
    },
    set: async (tokens) => {
      await pause(2);
      history.push(tokens);
      kept.set(tokens);
    },
  };
  return { ...store, history, kept };
}
