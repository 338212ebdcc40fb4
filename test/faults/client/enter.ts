import type { World } from '../scenario.ts';
import { type Answer, type Body, send } from './http.ts';
import { register, type Session } from './session.ts';

/** A new user, and requests as that user. */
export interface Entrance {
  readonly session: Session;
  /** Sends to a node of one's choice; paths are below `/api`. */
  ask(port: number, method: string, path: string, body?: Body, headers?: Record<string, string>): Promise<Answer>;
  /** Sends to the first node. */
  here(method: string, path: string, body?: Body): Promise<Answer>;
}

/** Registers a user on the first node, or on the one with `port`. */
export async function enter({ cluster }: World, port = cluster.nodes[0].port): Promise<Entrance> {
  const session = await register(port, cluster.canary);
  const ask: Entrance['ask'] = (at, method, path, body, headers) =>
    send({ port: at, method, path: `/api${path}`, token: session.accessToken, body, ...(headers && { headers }) });
  return { session, ask, here: (method, path, body) => ask(port, method, path, body) };
}
