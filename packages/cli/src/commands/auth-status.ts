import type { Command } from 'commander';
import { addCommand, setAction } from '../terminal/commands.ts';
import type { Globals } from '../terminal/globals.ts';
import type { Run } from '../terminal/run.ts';

/** `taskctl auth status`, and `taskctl whoami` for short: who acts, and where. Exit 4 where nobody is let in. */
export function addStatusCommand(parent: Command, run: Run, name: 'status' | 'whoami'): void {
  const command = addCommand(parent, name, 'Show who commands act as, and where; exit with 4 when signed out');
  setAction(command, run, async (globals) => {
    const { openSession } = await import('../connection/open-session.ts');
    const { url = null, call } = await openSession(run, globals);
    const isSystem = globals.as === undefined && url === null;
    const user = isSystem ? {} : await call('users.me', {});
    const { id = null, email = null, name: fullName = null, role = null } = user;
    const item = { url, profile: globals.settings.profile.value, id, email, name: fullName, role };
    const text = isSystem ? 'The system, on the database\n' : `${email} (${role}) ${whereOf(globals)}\n`;
    await run.reporter.print({ kind: 'record', item, text });
  });
}

const whereOf = ({ url, settings }: Globals): string =>
  url === undefined ? 'on the database' : `at ${url} (profile ${settings.profile.value})`;
