import type { CallContext } from './contract.ts';
import { fail, kernelErrors } from './errors.ts';

/**
 * Checks what the caller knows of a resource against its row, which the caller of this has locked.
 * @throws input.version_conflict
 */
export function assertVersion({ ifMatch }: Pick<CallContext, 'ifMatch'>, { version }: { version: number }): void {
  if (ifMatch && !ifMatch.includes(version)) fail(kernelErrors.versionConflict);
}
