import { existsSync, readFileSync } from 'node:fs';
import type { CommandSpec } from './command-spec.ts';

/** Where the build keeps the description of all commands; there is none beside the sources. */
export const STORED_CATALOG = new URL('./commands.json', import.meta.url);

/**
 * Describes every command. The file of the build spares `--help` the loading of the core, which takes several times
 * as long as everything else; without the file (from the sources) the operations themselves are asked.
 */
export async function loadCatalog(): Promise<readonly CommandSpec[]> {
  if (existsSync(STORED_CATALOG)) return JSON.parse(readFileSync(STORED_CATALOG, 'utf8'));
  const [{ operations }, { describeOperations }] = await Promise.all([
    import('@taskapp/core'),
    import('./describe.ts'),
  ]);
  return describeOperations(operations);
}
