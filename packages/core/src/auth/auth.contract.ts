import * as z from 'zod';
import { defineContract } from '../kernel/contract.ts';
import { id } from '../kernel/fields.ts';
import { givenPassword, newPassword } from '../passwords/password.fields.ts';
import { userErrors } from '../users/users.errors.ts';
import { account, email, name } from '../users/users.fields.ts';
import { authErrors } from './auth.errors.ts';

const TOKEN_EXAMPLE = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI…';

const tokens = z.object({
  accessToken: z
    .string()
    .meta({ examples: [TOKEN_EXAMPLE] })
    .describe('Bearer token for the other operations, valid for 15 minutes by default'),
  refreshToken: z
    .string()
    .meta({ examples: [TOKEN_EXAMPLE] })
    .describe('Buys the next pair once; keep it secret'),
});
const signedIn = z.object({ user: account, ...tokens.shape }).meta({ id: 'SignedIn' });
const tokenPair = tokens.meta({ id: 'TokenPair' });
const refreshToken = z
  .string({ error: 'Refresh token is required' })
  .min(1, 'Refresh token is required')
  .max(4096, 'Refresh token is too long')
  .meta({ examples: ['the refreshToken of the last answer'] });
/** A live login, as its owner and administrators see it. */
export const session = z
  .object({
    id: z.uuid(),
    createdAt: z.date(),
    lastUsedAt: z.date(),
    expiresAt: z.date(),
    ip: z
      .string()
      .meta({ examples: ['203.0.113.7'] })
      .nullable(),
    userAgent: z
      .string()
      .meta({ examples: ['Mozilla/5.0'] })
      .nullable(),
    current: z.boolean().describe('True for the session of this call'),
  })
  .meta({ id: 'Session' });

export const authContract = defineContract({
  register: {
    summary: 'Create an account and sign in',
    access: 'public',
    http: 'POST /auth/register',
    input: z.strictObject({ email, password: newPassword, name }),
    output: signedIn,
    status: 201,
    errors: [userErrors.emailTaken, authErrors.passwordQueue],
    limit: 'login',
  },
  login: {
    summary: 'Sign in',
    access: 'public',
    http: 'POST /auth/login',
    input: z.strictObject({ email, password: givenPassword }),
    output: signedIn,
    errors: [authErrors.credentials, authErrors.passwordQueue],
    limit: 'login',
  },
  refresh: {
    summary: 'Exchange a refresh token for a new pair',
    description:
      'A refresh token buys the next pair once. Repeating the exchange within the grace period answers the same ' +
      'refresh token, so a lost answer or two tabs log nobody out; repeating it later revokes the session.',
    access: 'public',
    http: 'POST /auth/refresh',
    input: z.strictObject({ refreshToken: refreshToken.describe('The latest refresh token of the session') }),
    output: tokenPair,
    errors: [authErrors.refreshToken, authErrors.refreshReused, authErrors.refreshInProgress],
    limit: 'login',
    essential: true,
  },
  logout: {
    summary: 'End the session of a token',
    description:
      'Takes the access token, the refresh token, or both; with a refresh token the other one may be missing or ' +
      'expired, and a session that has ended already is answered alike.',
    access: 'optional',
    http: 'POST /auth/logout',
    input: z.strictObject({
      refreshToken: refreshToken.optional().describe('A refresh token of the session to end'),
    }),
    errors: [authErrors.sessionRequired, authErrors.refreshToken],
    replayable: false,
    essential: true,
  },
  logoutAll: {
    summary: 'End all sessions of the user',
    access: 'self',
    http: 'POST /auth/logout-all',
    query: ['scope'],
    input: z.strictObject({
      scope: z.enum(['all', 'others']).default('all').describe('`others` keeps the session of this call'),
    }),
    errors: [authErrors.sessionRequired],
    essential: true,
  },
  sessions: {
    summary: 'List the live sessions of the user',
    access: 'self',
    http: 'GET /auth/sessions',
    input: z.strictObject({}),
    output: z.object({ sessions: z.array(session) }),
  },
  revokeSession: {
    summary: 'End one session of the user',
    access: 'self',
    http: 'DELETE /auth/sessions/:id',
    input: z.strictObject({ id: id.describe('Session id') }),
    errors: [authErrors.sessionNotFound],
  },
  changePassword: {
    summary: 'Change the password and end all other sessions',
    access: 'self',
    http: 'POST /auth/password',
    input: z.strictObject({ currentPassword: givenPassword, newPassword }),
    output: tokenPair,
    errors: [userErrors.passwordWrong, authErrors.passwordQueue],
    limit: 'login',
    replayable: false,
  },
});
