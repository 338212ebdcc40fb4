// One of several processes of a server, forked by `startWorkers`. All it knows comes from the primary, and without
// the primary it ends: Node exits where the channel to it breaks.

import { once } from 'node:events';
import { toLogFields } from '../log-fields.ts';
import { createLogger, type ServerLogger } from '../logger.ts';
import { startServer } from '../server.ts';
import { isStartError } from '../start-errors.ts';
import { shareConnections } from './connection-share.ts';
import type { Order, Report, StartOrder } from './messages.ts';
import { createMetricsLink } from './metrics-link.ts';

const CRASH_DRAIN_MS = 5000;

type Ending = 'stop' | 'hand over' | 'crash';

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);

const ending = new AbortController();
let crash: { readonly error: unknown } | undefined;
const ended = once(ending.signal, 'abort').then(() => ending.signal.reason as Ending);
const metrics = createMetricsLink((content) => void report(content));

process.on('message', (order: Order) => {
  if (order.type === 'start') void serve(order).then((code) => process.exit(code));
  else if (order.type === 'tell metrics' || order.type === 'all metrics') metrics.take(order);
  else ending.abort(order.type);
});

void report({ type: 'here' });

/** Resolves when the primary has been told. */
function report(content: Report): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(content, () => resolve());
  });
}

/** Serves until the primary, or a failure that nobody caught, ends it; resolves with the exit code. */
async function serve({ output, ...order }: StartOrder): Promise<number> {
  const fields = { worker: order.worker, pid: process.pid };
  const log = createLogger({ ...order.config.log, stream: process[output], fields });
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log.error('Nobody caught this', { error });
      crash ??= { error };
      ending.abort('crash' satisfies Ending);
    });
  }
  const code = await run(order, log).catch(async (error: unknown) => {
    await report(describe(crash ? crash.error : error));
    return 1;
  });
  await log.close();
  return code;
}

async function run({ worker, isFirst, config }: Omit<StartOrder, 'output'>, log: ServerLogger): Promise<number> {
  const peers = { name: `${worker}`, ...metrics.peers };
  const server = await startServer({ config, log, signal: ending.signal, peers });
  const poolMax = isFirst ? await shareConnections(config) : config.database.poolMax;
  await report({ type: 'ready', url: server.url, port: server.port, poolMax });
  const how = await ended;
  if (how === 'crash') setTimeout(() => process.exit(1), CRASH_DRAIN_MS).unref();
  await (how === 'stop' ? server.close() : server.handOver());
  return how === 'crash' ? 1 : 0;
}

function describe(error: unknown): Report {
  const message = error instanceof Error ? error.message : String(error);
  if (!isStartError(error)) return { type: 'failed', message, cause: toLogFields({ error }).error };
  const { cause } = toLogFields({ cause: error.cause });
  return { type: 'failed', message, code: error.code, cause };
}
