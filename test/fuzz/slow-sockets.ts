import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const DRIP_MS = 1000;

/** A connection that takes its time. */
export interface SlowSocket {
  /** Milliseconds that the server put up with it; undefined as long as it does. */
  readonly endedAfter: () => number | undefined;
  close(): void;
}

/** How a client wastes the time of a server: what it sends at once, and what every second from then on. */
export interface Habit {
  readonly name: string;
  readonly start: string;
  readonly drip?: string;
  /** Reads nothing of what it is sent. */
  readonly isDeaf?: boolean;
}

/** Connects and behaves so until the server has enough. */
export async function openSlowSocket(port: number, { start, drip, isDeaf = false }: Habit): Promise<SlowSocket> {
  const socket: Socket = connect(port, '127.0.0.1');
  let ended: number | undefined;
  const started = performance.now();
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const timer = setInterval(() => drip && socket.writable && socket.write(drip), DRIP_MS);
  const finish = () => {
    clearInterval(timer);
    ended ??= performance.now() - started;
  };
  socket.on('close', finish).on('end', finish);
  if (isDeaf) socket.pause();
  else socket.resume();
  socket.write(start);
  const close = () => {
    clearInterval(timer);
    socket.destroy();
  };
  return { endedAfter: () => ended, close };
}
