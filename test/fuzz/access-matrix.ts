import type { Answer } from '../faults/client/http.ts';
import { type Cell, type IdKind, sendCell } from './access-cells.ts';
import { createAccount } from './accounts.ts';
import { CALLERS, type Caller, type CallerName, createCaller } from './callers.ts';
import { canFailWith, type Operation } from './document.ts';
import { fingerprint } from './fingerprint.ts';
import type { Report } from './report.ts';
import type { World } from './world.ts';

const ID_KINDS: readonly IdKind[] = ['own', 'foreign', 'random', 'malformed'];
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

/** Headers that are about the request, not about what it found. */
const PASSING = /^(x-request-id|date|ratelimit.*|keep-alive|connection)$/;

/** What is not there and what is hidden look the same, but for the id of the request. */
async function checkTwin(world: World, report: Report, cell: Cell, answer: Answer): Promise<void> {
  const twin = await sendCell(world, { ...cell, kind: 'random' });
  const bare = ({ headers, body }: Answer) =>
    JSON.stringify([{ ...body, requestId: '' }, Object.entries(headers).filter(([name]) => !PASSING.test(name))]);
  if (bare(twin) === bare(answer)) return;
  report.fail(`${cell.operation.id}: ${cell.kind} and random ids are told apart`, [bare(twin), bare(answer)]);
}
