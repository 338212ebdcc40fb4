import type { IncomingMessage } from 'node:http';
import type { Role, UserActor, WorkspaceSnapshot } from '../kernel/contract.ts';
import type { Entrance } from './entrance.ts';
import { idOf } from './host-ids.ts';
import type { HostUser, HostUsers } from './host-users.ts';

/** Who sends a request, as the host says. */
export interface HostClaims {
  /** The host's id. */
  readonly userId: string;
  readonly role: Role;
}

/** Who is behind a request, in an app whose accounts are its host's. */
export interface HostAccess {
  /** Asks the host's `authenticate`, and `find` where that answers an id; `null`: nobody. Absent where the host has none. */
  identify?(request: IncomingMessage): Promise<HostClaims | null>;
  /** Reads the personal workspace of somebody in one query, or makes it. */
  authenticate(claims: HostClaims): Promise<{ readonly actor: UserActor; readonly workspace: WorkspaceSnapshot }>;
}

/** Answers who is behind a request by asking the host. */
export function createHostAccess(users: HostUsers, { db, enter }: Entrance): HostAccess {
  const identify = async (request: IncomingMessage): Promise<HostClaims | null> => {
    const answer = await users.authenticate?.(request);
    // An empty id is what a cookie without a value has: nobody's.
    const user: HostUser | '' | null | undefined =
      typeof answer === 'string' ? answer && (await users.find(answer, db)) : answer;
    if (!user || user.disabled) return null;
    return { userId: idOf(user), role: user.role ?? 'USER' };
  };
  return {
    ...(users.authenticate && { identify }),
    authenticate: async ({ userId, role }) => {
      const actor = { kind: 'user', userId, role } as const;
      // The host has just vouched for them.
      return { actor, workspace: (await enter({ actor }, { isVouched: true })).workspace };
    },
  };
}
