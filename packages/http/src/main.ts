import { existsSync } from 'node:fs';
import { isConfigError, loadConfig } from './config.ts';
import { createLogger } from './logger.ts';
import type { RunningServer } from './server.ts';
import { supervise } from './supervise.ts';

/** EX_CONFIG of sysexits.h. */
const EXIT_CONFIG = 78;

function readConfig() {
  if (existsSync('.env')) process.loadEnvFile('.env');
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (!isConfigError(error)) throw error;
    process.stderr.write(`${error.message}\n`);
    return undefined;
  }
}

async function main(): Promise<number> {
  const config = readConfig();
  if (!config) return EXIT_CONFIG;
  const log = createLogger(config.log);
  const start = async (signal: AbortSignal): Promise<RunningServer> => {
    // Whoever only starts others needs nothing of what they load.
    if (config.workers > 1) {
      const { startWorkers } = await import('./workers/start-workers.ts');
      return startWorkers({ config, log, signal, output: 'stdout' });
    }
    const { startServer } = await import('./server.ts');
    return startServer({ config, log, signal });
  };
  const code = await supervise(start, log);
  await log.close();
  return code;
}

process.exit(await main());
