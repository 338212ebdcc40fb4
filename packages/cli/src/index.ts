export { runCli } from './cli.ts';
export type { CliIo, TextOutput } from './terminal/io.ts';
