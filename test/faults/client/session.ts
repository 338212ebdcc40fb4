import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, type Body, type Call, send } from './http.ts';

/** A signed-in user of the API. */
export interface Session {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  /** The newest pair; replaced by `refresh`. */
  accessToken: string;
  refreshToken: string;
}

const MAX_TRIES = 100;
const LATER = new Set([429, 503]);

/** An address of its own for a request: the nodes trust this machine to forward. */
export const fromAnywhere = (): Record<string, string> => ({
  'X-Forwarded-For': `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`,
});

/** Registers a user; `marker` becomes part of the password, which must not appear in any log. */
export async function register(port: number, marker: string): Promise<Session> {
  const email = `user-${randomUUID()}@example.com`;
  const password = `Aa1-${marker}`;
  const ask = () =>
    send({
      port,
      method: 'POST',
      path: '/api/auth/register',
      body: { email, password, name: 'Worker' },
      headers: fromAnywhere(),
    });
  let { status, body } = await ask();
  // The queue of hashes is short on purpose; whoever finds it full comes again.
  for (let tries = 0; LATER.has(status) && tries < MAX_TRIES; tries += 1) {
    await sleep(100 + Math.random() * 200);
    ({ status, body } = await ask());
  }
  if (status !== 201) throw new Error(`register: ${status} ${JSON.stringify(body)}`);
  return { id: body.user.id, email, password, accessToken: body.accessToken, refreshToken: body.refreshToken };
}

/** Sends a request to one of the routes of `/api/auth`. */
export const post = (port: number, route: string, body: Body, token?: string): Promise<Answer> =>
  send({ port, method: 'POST', path: `/api/auth/${route}`, body, ...(token && { token }) });

/** Signs in; `headers` may tell where from. */
export const login = (
  port: number,
  { email, password }: Pick<Session, 'email' | 'password'>,
  headers: Record<string, string> = {},
): Promise<Answer> => send({ port, method: 'POST', path: '/api/auth/login', body: { email, password }, headers });

export const refresh = (port: number, refreshToken: string): Promise<Answer> => post(port, 'refresh', { refreshToken });

/** Sends a request as a user. */
export const as = (session: Session, call: Omit<Call, 'token'>): Promise<Answer> =>
  send({ ...call, token: session.accessToken });

/** Deletes the account of a session. */
export const removeAccount = (port: number, { accessToken, password }: Session): Promise<Answer> =>
  send({
    port,
    method: 'DELETE',
    path: '/api/users/me',
    token: accessToken,
    body: { currentPassword: password },
    headers: fromAnywhere(),
  });
