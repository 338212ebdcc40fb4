#!/usr/bin/env node
import { existsSync } from 'node:fs';
import module from 'node:module';
import { userInfo } from 'node:os';
import { join } from 'node:path';

const main = new URL('../dist/bundle/main.js', import.meta.url);

/**
 * Node 22.1 and newer keep what they have compiled for the next start, in a folder that only this user can write to:
 * who writes there runs code. `NODE_DISABLE_COMPILE_CACHE=1` leaves it alone.
 */
function keepCompiledCode() {
  if (!module.enableCompileCache) return;
  try {
    module.enableCompileCache(join(userInfo().homedir, '.cache', 'taskctl'));
  } catch {
    // A user id in a container may have no name, and so no home.
  }
}

if (existsSync(main)) {
  keepCompiledCode();
  await import(main.href);
} else {
  process.stderr.write('taskctl is not built yet: run `npm run build` at the root of the repository.\n');
  process.exitCode = 1;
}
