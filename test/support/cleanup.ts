import { after } from 'node:test';

type Action = () => unknown;

const actions: Action[] = [];

/**
 * Runs `action` after all tests of this file, the last one given first. Unlike `after()`, which inside a `before()`
 * hook runs as soon as that hook ends, it means the file wherever it is called.
 */
export const atEnd = (action: Action): void => void actions.push(action);

after(async () => {
  const errors: unknown[] = [];
  for (const action of actions.reverse()) {
    await Promise.resolve()
      .then(action)
      .catch((error: unknown) => errors.push(error));
  }
  if (errors.length > 0) throw new AggregateError(errors, 'Cleaning up failed');
});
