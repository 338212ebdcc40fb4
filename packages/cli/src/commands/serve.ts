import type { Writable } from 'node:stream';
import type { RunningServer, ServerOptions } from '@taskapp/http';
import type { Command } from 'commander';
import type { Source } from '../connection/source.ts';
import { addCommand, setDatabaseAction } from '../terminal/commands.ts';
import type { Run } from '../terminal/run.ts';

/** `taskctl serve`: the API, on DATABASE_URL or on a PostgreSQL of its own. Its log goes to stderr. */
export function addServeCommand(program: Command, run: Run): void {
  const command = addCommand(program, 'serve', 'Run the API until SIGINT or SIGTERM');
  command.option('--workers <number>', 'processes that serve side by side, or auto: one for each core [WORKERS]');
  setDatabaseAction(command, run, async (_globals, { workers }) => {
    run.takeSignal();
    const { openSource } = await import('../connection/source.ts');
    const source = await openSource(run, 'server', workers === undefined ? {} : { WORKERS: `${workers}` });
    const { signal = new AbortController().signal, stderr } = run.io;
    const { config } = source;
    const { createLogger, startWorkers } = await import('@taskapp/http/workers');
    const log = createLogger({ ...config.log, stream: stderr as Writable });
    run.defer(() => log.close());
    const options = { config, log, signal };
    const server = await (config.workers > 1 ? startWorkers({ ...options, output: 'stderr' }) : startOne(options));
    run.defer(() => server.close());
    await announce(run, server, source);
    await Promise.race([untilAborted(signal), server.failed ?? untilAborted(signal)]);
  });
}

async function startOne(options: ServerOptions): Promise<RunningServer> {
  const { startServer } = await import('@taskapp/http');
  return startServer(options);
}

async function announce({ reporter }: Run, { url }: RunningServer, { config, directory }: Source): Promise<void> {
  const places = {
    api: `${url}/api`,
    docs: config.http.docs ? `${url}/docs` : null,
    data: directory ?? null,
  };
  const lines = [
    `taskapp answers at ${places.api}`,
    ...(places.docs ? [`Documentation: ${places.docs}`] : []),
    ...(places.data ? [`Data, with a PostgreSQL of its own: ${places.data}`] : []),
    'Ctrl-C stops it.',
  ];
  reporter.hint(lines.join('\n'));
  await reporter.print({ kind: 'record', item: places, text: '' });
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
