import { randomUUID } from 'node:crypto';
import { type Answer, type Body, send } from '../faults/client/http.ts';
import { findLeaks } from './leaks.ts';
import { CANARY } from './log-capture.ts';
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

/** What goes along with every request and has no business in a log. */
const CARRIED = { 'User-Agent': CANARY, Cookie: `session=${CANARY}`, Referer: `https://${CANARY}.example/` };

interface Request {
  readonly method: string;
  readonly path: string;
  readonly token?: string | undefined;
  readonly body?: Body;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request from an address of its own; whatever the answer is about, it must tell nothing of the inside. */
export async function call({ port, problems, secrets }: World, request: Request): Promise<Answer> {
  const headers = { 'X-Forwarded-For': anyAddress(), ...CARRIED, ...request.headers };
  const answer = await send({ port, ...request, headers });
  const { requestId: _id, ...said } = typeof answer.body === 'object' ? answer.body : { text: answer.body };
  problems.push(...findLeaks(answer.status, JSON.stringify(said), answer.headers, Object.values(secrets)));
  return answer;
}

/** Registers a user with one task that carries one tag. */
export async function createAccount(world: World, role: 'USER' | 'ADMIN' = 'USER'): Promise<Account> {
  const email = `${CANARY}-${randomUUID()}@example.com`;
  const password = `${CANARY}-${randomUUID()}`;
  const { body } = await expectStatus(
    201,
    call(world, { method: 'POST', path: '/api/auth/register', body: { email, password, name: CANARY } }),
  );
  const { accessToken, refreshToken, user } = body;
  if (role === 'ADMIN') await world.query("update taskapp.users set role = 'ADMIN' where id = $1", [user.id]);
  const sessionId = JSON.parse(Buffer.from(accessToken.split('.')[1], 'base64url').toString()).sid;
  const things = await createThings(world, { accessToken });
  return { id: user.id, email, password, accessToken, refreshToken, sessionId, ...things };
}

/** Gives an account a task that carries a tag. */
export async function createThings(
  world: World,
  { accessToken: token }: Pick<Account, 'accessToken'>,
): Promise<Pick<Account, 'workspaceId' | 'taskId' | 'tagId'>> {
  const make = async (path: string, body: Body) =>
    (await expectStatus(201, call(world, { method: 'POST', path, token, body }))).body;
  const tag = await make('/api/tags', { name: `own ${randomUUID()}` });
  const task = await make('/api/tasks', { title: 'own', tagIds: [tag.id] });
  return { workspaceId: task.workspaceId, taskId: task.id, tagId: tag.id };
}

async function expectStatus(status: number, answer: Promise<Answer>): Promise<Answer> {
  const given = await answer;
  if (given.status !== status)
    throw new Error(`Expected ${status}, got ${given.status}: ${JSON.stringify(given.body)}`);
  return given;
}
