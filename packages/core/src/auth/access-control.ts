import type { Deps } from '../deps.ts';
import { batch } from '../kernel/batches.ts';
import { translateDatabaseError } from '../kernel/database-errors.ts';
import { fail } from '../kernel/errors.ts';
import { authErrors } from './auth.errors.ts';
import { findAuthentications } from './authentication.queries.ts';
import type { AccessClaims, Authentication } from './claims.ts';

export interface AccessControl {
  /**
   * Checks signature, type and age of an access token, without I/O.
   * @throws auth.token_invalid
   */
  verify(accessToken: string): AccessClaims;
  /**
   * Reads session, user, role and workspace version in one query; a revoked session, a locked or deleted account
   * and a changed role count at once. Calls made in one turn of the event loop share a query.
   * @throws auth.token_invalid, database.unavailable
   */
  authenticate(claims: AccessClaims): Promise<Authentication>;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Anything else would fail the query, for everybody who shares it. */
const areIds = ({ userId, sessionId }: AccessClaims) => UUID.test(userId) && UUID.test(sessionId);

/** Answers who is behind an access token. */
export function createAccessControl({ db, tokens }: Deps): AccessControl {
  const find = batch((claims: readonly AccessClaims[]) => findAuthentications(db, claims));
  return {
    verify: (accessToken) => tokens.verifyAccess(accessToken),
    authenticate: async (claims) => {
      if (!areIds(claims)) fail(authErrors.accessToken);
      return (await find(claims).catch(translateDatabaseError)) ?? fail(authErrors.accessToken);
    },
  };
}
