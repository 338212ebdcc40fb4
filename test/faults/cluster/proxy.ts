import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createPump, type Side } from './pump.ts';

/** What the network does. Held bytes arrive when it heals, as TCP would send them again; dropped ones never do. */
export type Fault =
  | { readonly kind: 'pass' }
  /**
   * Nothing arrives; `replies` holds back only what the server says. Where the network `forgets`, the connections of
   * that time stay as silent after it has healed, as behind a router that has lost its table.
   */
  | { readonly kind: 'blackhole'; readonly only?: Side; readonly forgets?: true }
  /** New connections are accepted and never answered; those that exist carry on. */
  | { readonly kind: 'half-open' }
  | { readonly kind: 'latency'; readonly ms: number; readonly jitter?: number }
  | { readonly kind: 'throttle'; readonly bytesPerSecond: number }
  /** Every connection, also a new one, is reset. */
  | { readonly kind: 'reset' }
  /** The server gets everything, the client nothing; broken connections do not heal. */
  | { readonly kind: 'drop-replies' }
  /** A connection is cut once the client has sent that many bytes. */
  | { readonly kind: 'cut-after'; readonly bytes: number };

/** What to do with bytes that a client sends. `lose`: cut before the server gets them; `orphan`: right after. */
export type Verdict = 'pass' | 'lose' | 'orphan';

/** A TCP proxy whose network can be broken and healed. */
export interface FaultProxy {
  readonly port: number;
  /** Bytes go to another port from the next connection on. */
  retarget(port: number): void;
  set(fault: Fault): void;
  heal(): void;
  /** Asks about every chunk from a client; returns a function that stops asking. */
  inspect(judge: (chunk: Buffer) => Verdict): () => void;
  readonly connections: number;
  close(): Promise<void>;
}

export const PASS: Fault = { kind: 'pass' };

interface Link {
  readonly client: Socket;
  readonly server: Socket | undefined;
  tainted: boolean;
  forgotten: boolean;
}

/** Listens on a port of 127.0.0.1 and forwards to another one. */
export async function startProxy(target: number): Promise<FaultProxy> {
  const links = new Set<Link>();
  const state = { target, fault: PASS, judge: (_chunk: Buffer): Verdict => 'pass', healed: new Set<() => void>() };

  const join = (client: Socket) => {
    client.setNoDelay(true).on('error', () => undefined);
    if (state.fault.kind === 'reset') return void client.resetAndDestroy();
    const server = state.fault.kind === 'half-open' ? undefined : connect(state.target, '127.0.0.1');
    const link: Link = { client, server, tainted: server === undefined, forgotten: isForgetful(state.fault) };
    links.add(link);
    client.on('close', () => {
      links.delete(link);
      // The server of a forgotten connection would learn of its end after hours.
      if (link.forgotten) server?.destroy();
    });
    if (!server) return void client.resume();
    server.setNoDelay(true).on('error', () => client.destroy());
    createPump({ state, link, side: 'requests', from: client, to: server });
    createPump({ state, link, side: 'replies', from: server, to: client });
  };
  const set = (fault: Fault) => {
    state.fault = fault;
    for (const link of links) if (fault.kind === 'reset') cut(link);
    if (fault.kind === 'drop-replies') for (const link of links) link.tainted = true;
    if (isForgetful(fault)) for (const link of links) link.forgotten = true;
    for (const wake of state.healed) wake();
    state.healed.clear();
  };
  const heal = () => {
    set(PASS);
    for (const link of links) if (link.tainted) cut(link);
  };
  const listener = createServer(join).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: (listener.address() as AddressInfo).port,
    retarget: (port) => {
      state.target = port;
    },
    set,
    heal,
    inspect: (judge) => {
      state.judge = judge;
      return () => {
        state.judge = () => 'pass';
      };
    },
    get connections() {
      return links.size;
    },
    close: async () => {
      heal();
      for (const link of links) cut(link);
      listener.close();
    },
  };
}

const isForgetful = (fault: Fault) => fault.kind === 'blackhole' && fault.forgets === true;

function cut({ client, server }: Link): void {
  client.resetAndDestroy();
  server?.destroy();
}
