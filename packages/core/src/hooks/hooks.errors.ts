import { defineErrors, fail } from '../kernel/errors.ts';

export const hookErrors = defineErrors({
  vetoed: { code: 'hook.vetoed', kind: 'unprocessable', message: 'This change is not allowed' },
  timeout: { code: 'hook.timeout', kind: 'unavailable', message: 'Service unavailable' },
});

/** How a veto can be told from others. */
export interface VetoOptions {
  /** A stable `feature.reason` of the host's; `hook.vetoed` by default. */
  readonly code?: `${string}.${string}`;
  /** `unprocessable` by default. HTTP answers 422, 409 or 403. */
  readonly kind?: 'unprocessable' | 'conflict' | 'forbidden';
}

/**
 * Refuses a change from inside of a hook: nothing of it is kept, and the caller, over HTTP as well, gets `message`.
 * @throws the refusal, always
 */
export function veto(
  message: string,
  { code = hookErrors.vetoed.code, kind = 'unprocessable' }: VetoOptions = {},
): never {
  if (!/^[a-z_]+\.[a-z_]+$/.test(code)) throw new TypeError(`veto: the code must look like "checklist.open": ${code}`);
  return fail({ code, kind, message });
}
