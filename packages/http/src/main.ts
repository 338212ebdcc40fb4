import { existsSync } from 'node:fs';
import { isConfigError, loadConfig } from './config.ts';
import { createLogger } from './logger.ts';
import { startServer } from './server.ts';
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
  const code = await supervise((signal) => startServer({ config, log, signal }), log);
  await log.close();
  return code;
}

process.exit(await main());
