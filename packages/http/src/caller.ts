import { type CallContext, isTaskAppError, type NamedOperation } from '@taskapp/core';
import type { Bearer } from './bearer.ts';
import { coreError, refuse } from './http-errors.ts';

/** The challenge for a token that was sent and is no good (RFC 6750, 3.1). */
export const INVALID_TOKEN_CHALLENGE = 'Bearer realm="taskapp", error="invalid_token"';

/** What a request says about who calls. */
export type Caller = Pick<CallContext, 'actor' | 'workspace'>;

const ANONYMOUS: Caller = { actor: null };

/**
 * Who calls, as the database knows them now. Public operations are anonymous, whatever token comes along; those to
 * which a token is optional are where it is no good.
 *
 * @throws 401 for every other operation
 */
export async function identify({ access }: NamedOperation, bearer: Bearer): Promise<Caller> {
  if (access === 'public') return ANONYMOUS;
  const isOptional = access === 'optional';
  if (bearer.kind === 'none') return isOptional ? ANONYMOUS : refuse(coreError(bearer.refusal));
  const caller = bearer.kind === 'bad' ? Promise.reject(bearer.error) : bearer.authenticate();
  return isOptional ? caller.catch(orAnonymous) : caller;
}

function orAnonymous(error: unknown): Caller {
  if (isTaskAppError(error) && error.kind === 'unauthenticated') return ANONYMOUS;
  throw error;
}

/** Where an operation needs a token after all, the one that came along was no good. */
export const orBlame =
  ({ kind }: Bearer) =>
  (error: unknown): never => {
    const isMissing = isTaskAppError(error) && error.code === 'auth.token_required';
    if (isMissing && kind !== 'none') refuse(coreError('auth.token_invalid'), { cause: error });
    throw error;
  };
