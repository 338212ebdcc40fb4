import { randomUUID } from 'node:crypto';
import type { Answer } from '../faults/client/http.ts';
import { type Account, call } from './accounts.ts';
import type { Caller, CallerName } from './callers.ts';
import type { Operation } from './document.ts';
import { smallestBody } from './requests.ts';
import type { World } from './world.ts';

/** Whose thing an address names. */
export type IdKind = 'own' | 'foreign' | 'random' | 'malformed';

const MALFORMED = 'not-an-id';
/** One request of the matrix. */
export interface Cell {
  readonly operation: Operation;
  readonly caller: Caller;
  readonly name: CallerName;
  readonly kind: IdKind;
  /** Somebody else, whose things are the foreign ones. */
  readonly other: Account;
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
  if (!id) throw new Error(`No id for ${path}: teach test/fuzz/access-cells.ts`);
  return id;
}

/** Sends the operation's smallest valid request, as the caller, about the thing. */
export async function sendCell(world: World, { operation, caller, kind, other }: Cell): Promise<Answer> {
  const account = caller.account ?? other;
  const path = operation.path.replace('{id}', () => idOf(operation, caller, other, kind));
  const body = smallestBody(world, operation, account);
  return call(world, { method: operation.method, path, token: caller.token, body });
}
