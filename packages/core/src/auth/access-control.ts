import type { Deps } from '../deps.ts';
import { translateDatabaseError } from '../kernel/database-errors.ts';
import { fail } from '../kernel/errors.ts';
import { authErrors } from './auth.errors.ts';
import { findAuthentication } from './authentication.queries.ts';
import type { AccessClaims, Authentication } from './claims.ts';

export interface AccessControl {
  /**
   * Checks signature, type and age of an access token, without I/O.
   * @throws auth.token_invalid
   */
  verify(accessToken: string): AccessClaims;
  /**
   * Reads session, user, role and workspace version in one query; a revoked session, a locked or deleted account
   * and a changed role count at once.
   * @throws auth.token_invalid, database.unavailable
   */
  authenticate(claims: AccessClaims): Promise<Authentication>;
}

/** Answers who is behind an access token. */
export function createAccessControl({ db, tokens }: Deps): AccessControl {
  return {
    verify: (accessToken) => tokens.verifyAccess(accessToken),
    authenticate: async (claims) =>
      (await findAuthentication(db, claims).catch(translateDatabaseError)) ?? fail(authErrors.accessToken),
  };
}
