import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { atEnd } from './cleanup.ts';

/** The container's entry. */
export const MAIN = fileURLToPath(new URL('../../packages/http/src/main.ts', import.meta.url));

type Variables = Readonly<Record<string, string>>;

/** Runs the container's entry as a process, from the sources, with `environment` and what a call adds to it. */
export const createRunner =
  (environment: Variables) =>
  (overrides: Variables = {}) => {
    const env = { PATH: process.env.PATH ?? '', ...environment, ...overrides };
    const child = spawn(process.execPath, ['--conditions=source', '--import', 'tsx', MAIN], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    atEnd(() => child.kill('SIGKILL'));
    const errors = text(child.stderr);
    const exit = once(child, 'exit').then(([code]) => code as number | null);
    let seen = '';
    child.stdout.on('data', (chunk) => {
      seen += chunk;
    });
    const closed = once(child.stdout, 'close');
    /** Waits for a line of the log, also one that has been written already. */
    const logged = async (pattern: RegExp) => {
      for (let isOver = false; ; ) {
        const match = pattern.exec(seen);
        if (match) return match;
        if (isOver) throw new Error(`The log ended without ${pattern}:\n${seen}`);
        isOver = await Promise.race([once(child.stdout, 'data').then(() => false), closed.then(() => true)]);
      }
    };
    return { child, errors, exit, logged, seen: () => seen };
  };
