import { Agent, request } from 'node:http';
import { spread } from '../measure.ts';

/** A GET, one after the other. */
export interface Ask {
  readonly port: number;
  readonly token: string;
  readonly path: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

const ask = ({ port, token, path }: Ask): Promise<number> =>
  new Promise((resolve, reject) => {
    const started = performance.now();
    const headers = { authorization: `Bearer ${token}` };
    request({ port, path, agent, headers, host: '127.0.0.1' }, (answer) => {
      answer.resume().once('end', () => {
        if (answer.statusCode === 200) resolve(performance.now() - started);
        else reject(new Error(`${path} answered ${answer.statusCode}`));
      });
    })
      .on('error', reject)
      .end();
  });

/** The median time in ms of so many requests, each made by `next`, which may prepare something that is not timed. */
export async function medianLatency(times: number, next: (n: number) => Promise<Ask> | Ask): Promise<number> {
  const found: number[] = [];
  for (let n = 0; n < times; n += 1) found.push(await ask(await next(n)));
  return spread(found.slice(Math.floor(times / 5))).median;
}
