import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { atEnd } from './cleanup.ts';

/** A TCP proxy in front of a server, to make its network fail. */
export interface FaultyNetwork {
  readonly url: string;
  /** From now on nothing gets through in either direction; connections stay open. */
  freeze(): void;
  thaw(): void;
  /** Cuts the connection that sends `text` once the server has answered it; the answer is lost. */
  cutAfter(text: string): void;
}

/** Listens until the end of the file's tests. */
export async function startProxy(target: string): Promise<FaultyNetwork> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let isFrozen = false;
  let fatal: string | undefined;

  const join = (client: Socket) => {
    const server = connect(Number(port), hostname);
    let isDoomed = false;
    client.on('data', (data) => {
      if (isFrozen) return;
      if (fatal && data.includes(fatal)) isDoomed = true;
      server.write(data);
    });
    server.on('data', (data) => {
      if (isDoomed) server.destroy();
      else if (!isFrozen) client.write(data);
    });
    for (const [socket, other] of [[client, server] as const, [server, client] as const]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => other.destroy());
    }
  };
  const listener = createServer(join).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  atEnd(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  const url = new URL(target);
  url.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  return {
    url: url.href,
    freeze() {
      isFrozen = true;
    },
    thaw() {
      isFrozen = false;
    },
    cutAfter(text) {
      fatal = text;
    },
  };
}
