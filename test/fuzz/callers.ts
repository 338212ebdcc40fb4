import { createHmac } from 'node:crypto';
import { type Account, call, createAccount } from './accounts.ts';
import type { World } from './world.ts';

export const CALLERS = [
  'anonymous',
  'owner',
  'administrator',
  'locked account',
  'deleted account',
  'ended session',
  'expired token',
  'refresh token as access token',
] as const;

export type CallerName = (typeof CALLERS)[number];

/** Somebody who calls. */
export interface Caller {
  /** False for everybody who must be refused whatever they ask for. */
  readonly isLive: boolean;
  /** True while the account's password, and its refresh token, are worth something. */
  readonly canSignIn: boolean;
  readonly canRefresh: boolean;
  readonly role: 'USER' | 'ADMIN' | undefined;
  readonly token: string | undefined;
  readonly account: Account | undefined;
}

const send = (world: World, method: string, path: string, { token, body }: { token: string; body?: object }) =>
  call(world, { method, path, token, ...(body && { body }) });

/** Makes a caller of the kind; those whose account is gone or locked were fine a moment before. */
export async function createCaller(world: World, name: CallerName): Promise<Caller> {
  if (name === 'anonymous') {
    return { isLive: false, canSignIn: true, canRefresh: true, role: undefined, token: undefined, account: undefined };
  }
  const role = name === 'administrator' ? 'ADMIN' : 'USER';
  const account = await createAccount(world, role);
  const { accessToken: token, refreshToken, id, password } = account;
  const canSignIn = name !== 'locked account' && name !== 'deleted account';
  const canRefresh = canSignIn && name !== 'ended session';
  const caller = { isLive: false, canSignIn, canRefresh, role, token, account } as const;
  if (name === 'owner' || name === 'administrator') return { ...caller, isLive: true };
  if (name === 'locked account') await world.query('update taskapp.users set disabled_at = now() where id = $1', [id]);
  if (name === 'deleted account')
    await send(world, 'DELETE', '/api/users/me', { token, body: { currentPassword: password } });
  if (name === 'ended session') await send(world, 'POST', '/api/auth/logout', { token });
  if (name === 'expired token') return { ...caller, token: expire(token, world.secrets.access) };
  return name === 'refresh token as access token' ? { ...caller, token: refreshToken } : caller;
}

/** The same token as it would have been signed an hour earlier. */
function expire(token: string, secret: string): string {
  const [head = '', body = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
  const earlier = { ...claims, iat: claims.iat - 3600, exp: claims.exp - 3600 };
  const text = `${head}.${Buffer.from(JSON.stringify(earlier)).toString('base64url')}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}
