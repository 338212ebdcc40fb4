import { connect } from 'node:net';

const QUIET_MS = 400;
const LIMIT_MS = 4000;

/** What came back for some bytes. */
export interface Exchange {
  readonly text: string;
  readonly statuses: readonly number[];
}

/**
 * Sends bytes as they are and reads until the server closes or has been quiet for a while after its answer.
 * `halfClose`: says that nothing will follow.
 */
export function exchange(port: number, bytes: string | Buffer, { halfClose = false } = {}): Promise<Exchange> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    let quiet: NodeJS.Timeout | undefined;
    const finish = () => {
      clearTimeout(quiet);
      clearTimeout(limit);
      socket.destroy();
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)]
        .map(([, status]) => Number(status))
        .filter((status) => status !== 100);
      resolve({ text, statuses });
    };
    const limit = setTimeout(finish, LIMIT_MS);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      clearTimeout(quiet);
      quiet = setTimeout(finish, QUIET_MS);
    });
    socket.on('error', () => undefined).on('close', finish);
    socket.on('connect', () => {
      const sent = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
      if (halfClose) socket.end(sent);
      else socket.write(sent);
    });
  });
}
