import type { UserActor, WorkspaceSnapshot } from '../kernel/contract.ts';

/** What a genuine access token says. Who the bearer is now is in the database. */
export interface AccessClaims {
  readonly userId: string;
  readonly sessionId: string;
}

/** The bearer as the database knows them at this moment. */
export interface Authentication {
  readonly actor: UserActor;
  readonly workspace: WorkspaceSnapshot;
}
