import { existsSync } from 'node:fs';
import { isConfigError, loadConfig } from './config.ts';
import { createLogger } from './logger.ts';
import { startServer } from './server.ts';
import { supervise } from './supervise.ts';
import { startWorkers } from './workers/start-workers.ts';

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
  const start = (signal: AbortSignal) =>
    config.workers > 1 ? startWorkers({ config, log, signal, output: 'stdout' }) : startServer({ config, log, signal });
  const code = await supervise(start, log);
  await log.close();
  return code;
}

process.exit(await main());
