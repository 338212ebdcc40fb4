import type { IncomingMessage } from 'node:http';
import type { Knex } from 'knex';
import type { Role } from '../kernel/contract.ts';

/** A person as the host knows them. Whatever else the object has is not looked at, and nothing of it is kept but the id. */
export interface HostUser {
  /** The host's own id, as text of 1 to 255 characters. One that is a UUID is the same in any case of its letters. */
  readonly id: string;
  /** `USER` by default; an administrator may read the log of changes. */
  readonly role?: Role;
  /** True for somebody who may not come in over HTTP. Calls of the library act for whomever the host names. */
  readonly disabled?: boolean;
}

type Answer<T> = T | null | undefined | Promise<T | null | undefined>;

/** A host's own accounts, in place of the built-in ones. What these functions throw reaches the caller unchanged. */
export interface HostUsers {
  /**
   * Tells about the person with an id; `null`: there is none. Asked when a library call first names somebody, and for each
   * request whose `authenticate` answers just an id. `db` is the app's pool, or the host's transaction that the call runs in.
   */
  find(userId: string, db: Knex): Answer<HostUser>;
  /**
   * Tells who sends a request, from its headers or from what the host's middleware has put on it; `null`: nobody in
   * particular. Asked at every request, never remembered. An id alone is looked up with `find`. Only HTTP needs it.
   */
  authenticate?(request: IncomingMessage): Answer<HostUser | string>;
}
