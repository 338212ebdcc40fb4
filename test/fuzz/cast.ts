import type { Answer } from '../faults/client/http.ts';
import { type Account, createAccount, createThings } from './accounts.ts';
import type { Operation } from './document.ts';
import type { World } from './world.ts';

/** Who takes part: the caller, an administrator, and the one whom the administrator administers. */
export type Part = 'user' | 'admin' | 'victim';

/** Accounts that requests are made as; what a request may have changed is made anew. */
export function createCast(world: World) {
  const cast = new Map<Part, Account>();
  const get = async (part: Part) => {
    const account = cast.get(part) ?? (await createAccount(world, part === 'admin' ? 'ADMIN' : 'USER'));
    cast.set(part, account);
    return account;
  };
  const renew = async (part: Part, what: 'account' | 'things') => {
    const account = cast.get(part);
    cast.delete(part);
    if (account && what === 'things') cast.set(part, { ...account, ...(await createThings(world, account)) });
  };
  return { get, renew };
}

export type Cast = ReturnType<typeof createCast>;

/** Guessing a password slows an account down; a success may have ended its session or deleted what it owns. */
export function whatChanged({ method, access }: Operation, { status, body }: Answer): 'account' | 'things' | undefined {
  const isRefusedGuess = status === 401 || status === 429 || body?.code === 'user.password_wrong';
  if (isRefusedGuess) return 'account';
  if (status >= 400 || method === 'GET') return undefined;
  if (access === 'user') return method === 'DELETE' ? 'things' : undefined;
  return 'account';
}
