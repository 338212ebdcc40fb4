import { randomUUID } from 'node:crypto';
import type { Answer, Body } from '../faults/client/http.ts';
import { type Account, call, createAccount, createThings } from './accounts.ts';
import type { Operation } from './document.ts';
import { fingerprint } from './fingerprint.ts';
import type { Report } from './report.ts';
import { ownId, smallestBody } from './requests.ts';
import { resolve } from './schema.ts';
import type { World } from './world.ts';

/** Fields that name something which belongs to somebody, with what they may be given. */
const POINTERS: Readonly<Record<string, (account: Pick<Account, 'tagId' | 'workspaceId'>) => unknown>> = {
  tagId: ({ tagId }) => tagId,
  tagIds: ({ tagId }) => [tagId],
  workspaceId: ({ workspaceId }) => workspaceId,
};
const NOWHERE = () => ({ tagId: randomUUID(), workspaceId: randomUUID() });

/** Points at the things of somebody else from one's own requests: as if they were not there (F-83). */
export async function followReferences(world: World, report: Report): Promise<void> {
  const [ada, eve] = [await createAccount(world), await createAccount(world)];
  await createThings(world, eve);
  for (const operation of world.document.operations.filter(({ access }) => access === 'user' || access === 'self'))
    for (const field of pointersOf(world, operation)) await checkPointer(world, report, { operation, field, ada, eve });
  await checkCursor(world, report, ada, eve);
  await checkKey(world, report, ada, eve);
  await checkTag(world, report, ada, eve);
}

function pointersOf({ document: { root } }: World, { parameters, body }: Operation): string[] {
  const { properties = {} } = body ? resolve(root, body) : {};
  const names = [...parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name)];
  return [...names, ...Object.keys(properties)].filter((name) => POINTERS[name]);
}

interface Pointing {
  readonly operation: Operation;
  readonly field: string;
  readonly ada: Account;
  readonly eve: Account;
}

async function checkPointer(world: World, report: Report, { operation, field, ada, eve }: Pointing): Promise<void> {
  const point = (value: unknown): Promise<Answer> => {
    const path = operation.path.replace('{id}', () => ownId(operation, ada, ada));
    const body = operation.body && { ...smallestBody(world, operation, ada), [field]: value };
    const query = operation.body ? '' : `?${new URLSearchParams({ [field]: `${value}` })}`;
    return call(world, { method: operation.method, path: path + query, token: ada.accessToken, body });
  };
  const before = await fingerprint(world);
  const [foreign, absent] = [await point(POINTERS[field]?.(eve)), await point(POINTERS[field]?.(NOWHERE()))];
  report.count(operation.id, foreign.status);
  const what = `${operation.id}, ${field} of somebody else`;
  report.check(
    said(foreign) === said(absent),
    `${what} is told apart from nobody's: ${said(foreign)}, ${said(absent)}`,
  );
  report.check((await fingerprint(world)) === before, `${what}: the database changed`);
}

const said = ({ status, body }: Answer): string => JSON.stringify([status, { ...body, requestId: '' }]);

const listOf = (world: World, { accessToken: token }: Account, query: string) =>
  call(world, { method: 'GET', path: `/api/tasks?limit=1${query}`, token });

async function checkCursor(world: World, report: Report, ada: Account, eve: Account): Promise<void> {
  const cursor = (await listOf(world, eve, '')).body.pagination.nextCursor;
  const [own, foreign] = [await listOf(world, eve, `&cursor=${cursor}`), await listOf(world, ada, `&cursor=${cursor}`)];
  report.check(own.status === 200, `a cursor does not work for its owner: ${own.status}`);
  report.check(foreign.status === 400, `a cursor works for somebody else: ${foreign.status}`);
}

async function checkKey(world: World, report: Report, ada: Account, eve: Account): Promise<void> {
  const headers = { 'Idempotency-Key': randomUUID() };
  const make = ({ accessToken: token }: Account, body: Body) =>
    call(world, { method: 'POST', path: '/api/tasks', token, body, headers });
  const [first, second] = [await make(eve, { title: 'keyed' }), await make(ada, { title: 'keyed' })];
  const isOwn =
    second.status === 201 && second.body.id !== first.body.id && second.body.workspaceId === ada.workspaceId;
  report.check(isOwn && !second.headers['idempotency-replayed'], `a key of somebody else answers ${said(second)}`);
}

/** An entity tag is compared with the resource that is addressed, whatever it was taken from. */
async function checkTag(world: World, report: Report, ada: Account, eve: Account): Promise<void> {
  const change = ({ accessToken: token }: Account, id: string, headers = {}) =>
    call(world, { method: 'PATCH', path: `/api/tasks/${id}`, token, body: { title: randomUUID() }, headers });
  const { etag = '' } = (await change(eve, eve.taskId)).headers;
  const before = await fingerprint(world);
  const outcomes = [
    await change(ada, ada.taskId, { 'If-Match': etag }),
    await change(ada, eve.taskId, { 'If-Match': etag }),
  ].map(({ status }) => status);
  report.check(`${outcomes}` === '412,403', `the entity tag of somebody else's task: ${outcomes}`);
  report.check((await fingerprint(world)) === before, "the entity tag of somebody else's task: the database changed");
}
