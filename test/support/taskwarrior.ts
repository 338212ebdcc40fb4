import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { atEnd } from './cleanup.ts';
import { provideProgram } from './provide-program.ts';

const WANTED = {
  title: 'Taskwarrior',
  names: ['task'],
  installers: [
    ['apt-get', 'install', '-y', '-q', '--no-install-recommends', 'taskwarrior'],
    ['dnf', 'install', '-y', '-q', 'task'],
    ['brew', 'install', 'task'],
  ],
  advice: 'install `taskwarrior`',
};

/** A Taskwarrior with data of its own; nothing of the user's is read. */
export function createTaskwarrior() {
  const program = provideProgram(WANTED);
  const folder = mkdtempSync(join(tmpdir(), 'taskwarrior-'));
  atEnd(async () => rmSync(folder, { recursive: true }));
  writeFileSync(
    join(folder, 'taskrc'),
    ['confirmation=off', 'verbose=nothing', 'hooks=off', 'gc=off', 'uda.size.type=numeric', ''].join('\n'),
  );
  const env = { PATH: process.env.PATH, HOME: folder, TZ: 'UTC', TASKRC: join(folder, 'taskrc'), TASKDATA: folder };
  const run = async (...argv: readonly string[]) => (await promisify(execFile)(program, argv, { env })).stdout;
  return {
    run,
    /** Gives it tasks as JSON. */
    import: (json: string) =>
      execFileSync(program, ['import', '-'], { env, input: json, stdio: ['pipe', 'ignore', 'pipe'] }),
    /** All its tasks, by uuid, without what it works out anew each time. */
    export: async () => {
      const tasks = JSON.parse(await run('export')) as Record<string, unknown>[];
      const own = tasks.map(({ id: _id, urgency: _urgency, ...task }) => [String(task.uuid), task] as const);
      return new Map(own.toSorted(([a], [b]) => (a < b ? -1 : 1)));
    },
    text: () => run('export'),
  };
}
