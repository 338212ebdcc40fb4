import type { CallContext } from './contract.ts';
import { fail, kernelErrors } from './errors.ts';

/**
 * Checks what the caller knows of a resource against its row, which the caller of this has locked.
 * @throws input.version_conflict
 */
export const assertVersion = ({ ifMatch }: Pick<CallContext, 'ifMatch'>, { version }: { version: number }): void =>
  assertVersionKnown(!ifMatch || ifMatch.includes(version));

/** The same where the database has compared them. */
export function assertVersionKnown(isKnown: boolean): void {
  if (!isKnown) fail(kernelErrors.versionConflict);
}
