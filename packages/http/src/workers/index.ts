// For a process that only starts others: nothing here loads the server.

export { createLogger, type LogOptions, type ServerLogger } from '../logger.ts';
export type { RunningServer } from '../server.ts';
export { startWorkers, type WorkersOptions } from './start-workers.ts';
