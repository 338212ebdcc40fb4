import { randomUUID } from 'node:crypto';
import { type Answer, type Body, send } from '../faults/client/http.ts';
import type { World } from './world.ts';

/** A user with things of its own. */
export interface Account {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly sessionId: string;
  readonly workspaceId: string;
  readonly taskId: string;
  readonly tagId: string;
}

/** A new address for every request, so that what one is charged does not hinder the next. */
export function anyAddress(): string {
  const part = () => 1 + Math.floor(Math.random() * 250);
  return `10.${part()}.${part()}.${part()}`;
}

/** Sends a request from an address of its own. */
export const call = (
  { port }: World,
  request: { method: string; path: string; token?: string | undefined; body?: Body; headers?: Record<string, string> },
): Promise<Answer> => send({ port, ...request, headers: { 'X-Forwarded-For': anyAddress(), ...request.headers } });

/** Registers a user with one task that carries one tag. */
export async function createAccount(world: World, role: 'USER' | 'ADMIN' = 'USER'): Promise<Account> {
  const email = `user-${randomUUID()}@example.com`;
  const password = `Aa1-${randomUUID()}`;
  const { body } = await expectStatus(
    201,
    call(world, { method: 'POST', path: '/api/auth/register', body: { email, password, name: 'Ada' } }),
  );
  const { accessToken, refreshToken, user } = body;
  if (role === 'ADMIN') await world.query("update taskapp.users set role = 'ADMIN' where id = $1", [user.id]);
  const make = async (path: string, fields: Body) =>
    (await expectStatus(201, call(world, { method: 'POST', path, token: accessToken, body: fields }))).body;
  const tag = await make('/api/tags', { name: 'own' });
  const task = await make('/api/tasks', { title: 'own', tagIds: [tag.id] });
  const sessionId = JSON.parse(Buffer.from(accessToken.split('.')[1], 'base64url').toString()).sid;
  return {
    id: user.id,
    email,
    password,
    accessToken,
    refreshToken,
    sessionId,
    workspaceId: task.workspaceId,
    taskId: task.id,
    tagId: tag.id,
  };
}

async function expectStatus(status: number, answer: Promise<Answer>): Promise<Answer> {
  const given = await answer;
  if (given.status !== status)
    throw new Error(`Expected ${status}, got ${given.status}: ${JSON.stringify(given.body)}`);
  return given;
}
