import { randomUUID } from 'node:crypto';
import type { Answer } from '../faults/client/http.ts';
import { type Account, call, createAccount } from './accounts.ts';
import { CALLERS, type Caller, type CallerName, createCaller } from './callers.ts';
import { canFailWith, type Operation } from './document.ts';
import { createRandom } from './random.ts';
import type { Report } from './report.ts';
import { ALWAYS_GIVEN, sample } from './samples.ts';
import { resolve } from './schema.ts';
import type { World } from './world.ts';

/** Whose thing an address names. */
export type IdKind = 'own' | 'foreign' | 'random' | 'malformed';

const ID_KINDS: readonly IdKind[] = ['own', 'foreign', 'random', 'malformed'];
const MALFORMED = 'not-an-id';
const SUCCESS = 'success';

/**
 * What a cell of the matrix must be answered, computed from what the document says of the operation: who may call it,
 * and whether it tells apart what is somebody else's (403) from what is not there (404).
 */
function expectedStatus(operation: Operation, caller: Caller, kind: IdKind): number | typeof SUCCESS {
  if (operation.access === 'public') return expectedInPublic(operation, caller);
  if (!caller.isLive) return 401;
  if (operation.access === 'admin' && caller.role !== 'ADMIN') return 403;
  if (!operation.path.includes('{id}') || kind === 'own') return SUCCESS;
  if (kind !== 'foreign') return 404;
  if (operation.access === 'admin') return SUCCESS;
  return operation.access === 'user' && '403' in operation.responses ? 403 : 404;
}

/** What everybody may call is about the account in the body, not about the caller. */
function expectedInPublic(operation: Operation, { canSignIn, canRefresh }: Caller): number | typeof SUCCESS {
  if (canFailWith(operation, 'auth.credentials_invalid')) return canSignIn ? SUCCESS : 401;
  if (canFailWith(operation, 'auth.refresh_invalid')) return canRefresh ? SUCCESS : 401;
  return SUCCESS;
}

/** Every operation by every kind of caller with every kind of id; refusals leave the database as it was. */
export async function checkAccess(world: World, report: Report): Promise<void> {
  const dead = new Map<CallerName, Caller>();
  for (const operation of world.document.operations.filter(({ access }) => access !== undefined)) {
    const kinds = operation.path.includes('{id}') ? ID_KINDS : (['own'] as const);
    const neighbour = await createAccount(world);
    for (const name of CALLERS) {
      for (const kind of kinds) {
        // What an administrator does to an account may end it.
        const other = operation.access === 'admin' && name === 'administrator' ? await createAccount(world) : neighbour;
        const caller = dead.get(name) ?? (await createCaller(world, name));
        if (!caller.isLive) dead.set(name, caller);
        await checkCell(world, report, { operation, caller, name, kind, other });
      }
    }
  }
}

interface Cell {
  readonly operation: Operation;
  readonly caller: Caller;
  readonly name: CallerName;
  readonly kind: IdKind;
  /** Somebody else, whose things are the foreign ones. */
  readonly other: Account;
}

async function checkCell(world: World, report: Report, cell: Cell): Promise<void> {
  const { operation, caller, name, kind } = cell;
  const expected = expectedStatus(operation, caller, kind);
  const before = await fingerprint(world);
  const answer = await sendCell(world, cell);
  report.count(operation.id, answer.status);
  const what = `${operation.id} by ${name}, ${kind} id: ${answer.status} ${answer.body?.code ?? ''}`;
  const isSuccess = answer.status >= 200 && answer.status < 300;
  if (expected === SUCCESS ? !isSuccess : answer.status !== expected)
    report.fail(`${what}, not ${expected}`, answer.body);
  if (!isSuccess && (await fingerprint(world)) !== before) report.fail(`${what}, and the database changed`);
  if (expected === 404 && kind !== 'malformed') await checkTwin(world, report, cell, answer);
}

/** What is not there and what is hidden look the same, but for the id of the request. */
async function checkTwin(world: World, report: Report, cell: Cell, answer: Answer): Promise<void> {
  const twin = await sendCell(world, { ...cell, kind: 'random' });
  const bare = ({ body }: Answer) => JSON.stringify({ ...body, requestId: '' });
  report.check(bare(twin) === bare(answer), `${cell.operation.id}: ${cell.kind} and random ids are told apart`);
}

/** What changes with every write that counts. */
async function fingerprint({ query }: World): Promise<string> {
  const [row] = await query<{ state: string }>(`select concat_ws('/',
    (select sum(version) + count(*) from taskapp.workspaces), (select sum(version) + count(*) from taskapp.users),
    (select sum(version) + count(*) from taskapp.tasks), (select sum(version) + count(*) from taskapp.tags),
    (select count(*) filter (where revoked_at is null) || ':' || sum(generation) from taskapp.sessions)) as state`);
  return row?.state ?? '';
}

function idOf({ path, access }: Operation, { account }: Caller, other: Account, kind: IdKind): string {
  if (kind === 'random') return randomUUID();
  if (kind === 'malformed') return MALFORMED;
  const collection = /([\w-]+)\/\{id\}/.exec(path)?.[1] ?? '';
  // For an administrator every account is one to administer; nobody else has any.
  const whose = kind === 'own' && account ? account : other;
  const ids: Record<string, string> = {
    tasks: whose.taskId,
    tags: whose.tagId,
    sessions: whose.sessionId,
    users: access === 'admin' ? other.id : whose.id,
  };
  const id = ids[collection];
  if (!id) throw new Error(`No id for ${path}: teach test/fuzz/access-matrix.ts`);
  return id;
}

async function sendCell(world: World, { operation, caller, kind, other }: Cell): Promise<Answer> {
  const account = caller.account ?? other;
  const context = {
    root: world.document.root,
    random: createRandom(1 + Math.floor(Math.random() * 2 ** 31)),
    operation,
    account,
  };
  const { properties = {}, required = [] } = operation.body ? resolve(world.document.root, operation.body) : {};
  const given = Object.entries(properties).filter(([name]) => required.includes(name) || ALWAYS_GIVEN.has(name));
  const path = operation.path.replace('{id}', () => idOf(operation, caller, other, kind));
  const body =
    operation.body && Object.fromEntries(given.map(([name, schema]) => [name, sample(context, name, schema)]));
  return call(world, { method: operation.method, path, token: caller.token, body });
}
