import { createServer } from 'node:net';
import { failEmbedded } from './failure.ts';
import { readPidFile } from './server.ts';

/** Whether the port can be bound now; for port 0 the free one that the system chose, otherwise the port or undefined. */
const tryPort = (port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });

/** The port of the server that died, so that pools still pointing there find the new one; else any free one. */
export async function choosePort(data: string): Promise<number> {
  const last = (await readPidFile(data))?.port;
  const port = (last ? await tryPort(last) : undefined) ?? (await tryPort(0));
  return port ?? failEmbedded('No port is free on 127.0.0.1');
}
