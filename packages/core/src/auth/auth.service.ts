import type { Knex } from 'knex';
import type { Deps } from '../deps.ts';
import { recordEvent } from '../events/account-events.queries.ts';
import { runAfterUserCreate } from '../hooks/user-hooks.ts';
import type { CallContext } from '../kernel/contract.ts';
import { type ErrorSpec, fail, kernelErrors, refuse } from '../kernel/errors.ts';
import { implement } from '../kernel/implement.ts';
import { transaction } from '../kernel/transaction.ts';
import { withPasswordPolicy } from '../passwords/password.fields.ts';
import { recordFailedLogin } from '../throttle/login-attempts.queries.ts';
import { User } from '../users/user.model.ts';
import { userErrors } from '../users/users.errors.ts';
import { normalizeEmail } from '../users/users.fields.ts';
import { createUser, verifyPassword } from '../users/users.queries.ts';
import { authContract } from './auth.contract.ts';
import { authErrors } from './auth.errors.ts';
import { isTakenBack, lockSession, rotateSession } from './refresh.queries.ts';
import type { Session } from './session.model.ts';
import { listSessions, openSession, revokeSessions } from './sessions.queries.ts';
import type { RefreshClaims } from './tokens.ts';

const NEWER = 'A refresh token is newer than its session: a backup was restored';
const REUSED = 'A refresh token was used again: its session ends';

/** Registration, sign-in and sessions. */
export function createAuthService(deps: Deps) {
  const { db, log, count, hasher, tokens, lifetimes, throttle, refreshes } = deps;

  const pairFor = (session: Session, { role }: { role: string }) => {
    const claims = { userId: session.userId, sessionId: session.id };
    return {
      accessToken: tokens.signAccess({ ...claims, role }),
      refreshToken: tokens.signRefresh({
        ...claims,
        generation: session.generation,
        issuedAt: session.rotatedAt,
        expiresAt: session.idleExpiresAt,
      }),
    };
  };

  /** What a refresh token is worth: a session to make the next pair from, or a refusal to commit first. */
  const exchange = async (db: Knex.Transaction, caller: Partial<CallContext>, claims: RefreshClaims) => {
    const session = await lockSession(db, claims, lifetimes);
    if (!session?.usable || isTakenBack(session, claims)) return { refusal: authErrors.refreshToken };
    const { role } = session;
    const behind = session.generation - claims.generation;
    if (behind === 0)
      return { what: 'refresh_rotated', role, session: await rotateSession(db, session.id, lifetimes) } as const;
    // The immediate predecessor within its grace period: two tabs, or an answer that got lost.
    if (behind === 1 && session.inGrace) return { what: 'refresh_grace', role, session } as const;
    if (behind < 0) return { refusal: authErrors.refreshToken, warning: NEWER };
    await revokeSessions(db, caller, { reason: 'refresh_reuse', only: (query) => query.where('id', session.id) });
    return { refusal: authErrors.refreshReused, warning: REUSED, what: 'refresh_reuse' } as const;
  };

  return implement(withPasswordPolicy(authContract, deps.passwordPolicy), {
    register: async (ctx, input) => {
      const owner = { ip: ctx.ip, account: normalizeEmail(input.email) };
      const passwordHash = await hasher.hash(input.password, owner);
      return transaction(db, async (db) => {
        const user = await createUser(db, ctx, { ...input, passwordHash, role: 'USER' });
        await runAfterUserCreate(deps, { db, ctx }, user);
        const session = await openSession(db, ctx, { userId: user.id, lifetimes });
        return { user, ...pairFor(session, user) };
      });
    },

    login: async (ctx, { email, password }) => {
      const emailKey = normalizeEmail(email);
      const attempt = await throttle.admit(db, { emailKey, ip: ctx.ip });
      const user = await User.query(db).findOne({ email_key: emailKey });
      const owner = { ip: ctx.ip, account: emailKey };
      const stored = user?.disabledAt ? undefined : user?.passwordHash;
      const genuine = await hasher.matches(password, stored, owner).catch(attempt.giveUp);
      if (!user || !genuine) {
        await recordFailedLogin(db, ctx, { userId: user?.id ?? null, isLast: attempt.isLast });
        fail(authErrors.credentials);
      }
      await attempt.succeed();
      const renewed = hasher.isOutdated(user.passwordHash) ? await hasher.hash(password, owner) : undefined;
      return transaction(db, async (db) => {
        // A password changed or an account locked since the check must not get a session. Another login may have
        // renewed the hash; the lock also keeps the limit of sessions exact.
        const current = await User.query(db).findById(user.id).whereNull('disabled_at').forNoKeyUpdate();
        if (!current) fail(authErrors.credentials);
        const isSame = current.passwordHash === user.passwordHash;
        if (!isSame && !(await hasher.matches(password, current.passwordHash, owner))) fail(authErrors.credentials);
        if (isSame && renewed) await current.$query(db).patch({ passwordHash: renewed });
        const session = await openSession(db, { ...ctx, actor: actorOf(user) }, { userId: user.id, lifetimes });
        return { user, ...pairFor(session, user) };
      });
    },

    refresh: async (ctx, { refreshToken }) => {
      const claims = tokens.verifyRefresh(refreshToken);
      const outcome = await refreshes.take(claims.sessionId, () => transaction(db, (db) => exchange(db, ctx, claims)));
      if (outcome.what) count(outcome.what);
      if (outcome.warning) log.warn(outcome.warning, { sessionId: claims.sessionId, requestId: ctx.requestId });
      // Refused only now: the revocation of a stolen session has to be committed.
      return outcome.refusal ? fail(outcome.refusal as ErrorSpec) : pairFor(outcome.session, outcome);
    },

    logout: async (ctx, { refreshToken }) => {
      const bearer = ctx.actor?.kind === 'user' ? ctx.actor : undefined;
      if (!ctx.actor && refreshToken === undefined) fail(kernelErrors.tokenRequired);
      const claims = refreshToken === undefined ? undefined : tokens.verifyRefresh(refreshToken);
      if (bearer && claims && bearer.userId !== claims.userId) refuse('refreshToken', 'Belongs to another user');
      const ids = [bearer?.sessionId, claims?.sessionId].filter((id) => id !== undefined);
      if (ids.length === 0) fail(authErrors.sessionRequired);
      await transaction(db, async (db) => {
        const session = claims && (await lockSession(db, claims, lifetimes));
        if (claims && session?.usable && isTakenBack(session, claims)) fail(authErrors.refreshToken);
        const actor = ctx.actor ?? (session ? actorOf({ id: session.userId, role: session.role }) : null);
        await revokeSessions(db, { ...ctx, actor }, { reason: 'logout', only: (query) => query.whereIn('id', ids) });
      });
    },

    logoutAll: (ctx, { scope }) =>
      transaction(db, async (db) => {
        const { userId, sessionId } = ctx.actor;
        if (scope === 'others' && !sessionId) fail(authErrors.sessionRequired);
        await revokeSessions(db, ctx, {
          reason: 'logout_all',
          only: (query) => query.where('user_id', userId).modify(except, scope === 'others' ? sessionId : undefined),
        });
      }),

    sessions: async ({ actor }) => ({ sessions: await listSessions(db, actor.userId, actor) }),

    revokeSession: (ctx, { id }) =>
      transaction(db, async (db) => {
        const mine = { id, user_id: ctx.actor.userId };
        const ended = await revokeSessions(db, ctx, { reason: 'revoked', only: (query) => query.where(mine) });
        if (ended.length === 0) fail(authErrors.sessionNotFound);
      }),

    changePassword: async (ctx, { currentPassword, newPassword }) => {
      const { userId, sessionId } = ctx.actor;
      const user = await verifyPassword(deps, ctx, currentPassword);
      const passwordHash = await hasher.hash(newPassword, { ip: ctx.ip, account: user.emailKey });
      return transaction(db, async (db) => {
        const changed = await User.query(db)
          .where({ id: userId, password_hash: user.passwordHash })
          .patch({ passwordHash });
        if (!changed) fail(userErrors.passwordWrong);
        await recordEvent(db, ctx, { type: 'user.password_changed', entityId: userId });
        await revokeSessions(db, ctx, {
          reason: 'password_changed',
          only: (query) => query.where('user_id', userId).modify(except, sessionId),
        });
        const session = sessionId
          ? await rotateSession(db, sessionId, { ...lifetimes, honoursPredecessor: false })
          : await openSession(db, ctx, { userId, lifetimes });
        return pairFor(session, user);
      });
    },
  });
}

const except = (query: { whereNot(column: string, value: string): unknown }, sessionId: string | undefined) =>
  sessionId && query.whereNot('id', sessionId);

const actorOf = ({ id, role }: Pick<User, 'id' | 'role'>) => ({ kind: 'user' as const, userId: id, role });
