import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { administer, urlOf } from './admin.ts';
import { atEnd } from './cleanup.ts';
import { choosePort, hasEnded } from './processes.ts';
import { provideProgram, type WantedProgram } from './provide-program.ts';

/** A PgBouncer in transaction mode on 127.0.0.1, in front of the database that it was started for. */
export interface PgBouncer {
  /** The same database, through it. */
  readonly url: string;
  /** True where it can take care of prepared statements: from 1.21 on. */
  readonly knowsStatements: boolean;
  /** Runs a command of its console, such as RECONNECT. */
  command(text: string): Promise<unknown>;
  /** Ends it like a crash, and starts it again at the same address. */
  crash(): Promise<void>;
}

const PROGRAM: WantedProgram = {
  title: 'PgBouncer',
  names: ['pgbouncer'],
  installers: [
    ['apt-get', 'install', '-y', '--no-install-recommends', 'pgbouncer'],
    ['dnf', 'install', '-y', 'pgbouncer'],
    ['apk', 'add', '--no-cache', 'pgbouncer'],
    ['brew', 'install', 'pgbouncer'],
  ],
  advice: 'put pgbouncer on the PATH',
};

/** What docs/operations.md recommends, but for statements, which not every version knows. */
function readRecommended(): Record<string, string> {
  const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const [, block = ''] = /```ini\n(?:.*\n)*?\[pgbouncer\]\n([^`]*)```/.exec(page) ?? [];
  const { max_prepared_statements: _, ...settings } = Object.fromEntries(
    [...block.matchAll(/^(\w+) = (.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
  return settings;
}

/** In front of few connections, so that clients have to share them. */
const FEW = { default_pool_size: '4', max_client_conn: '200' };

function describe(target: URL, settings: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ ...readRecommended(), ...FEW, ...settings }).map(
    ([name, value]) => `${name} = ${value}`,
  );
  const address = `host=${target.hostname} port=${target.port || 5432}`;
  return `[databases]\n* = ${address}\n[pgbouncer]\n${lines.join('\n')}\n`;
}

async function listens(url: string): Promise<boolean> {
  return administer(url, 'show version').then(
    () => true,
    () => false,
  );
}

/** Starts it, with room for prepared statements where it can have any; gone after the file's tests. */
export async function startPgBouncer(databaseUrl: string): Promise<PgBouncer> {
  const program = provideProgram(PROGRAM);
  const [, major, minor] = /(\d+)\.(\d+)/.exec(`${execFileSync(program, ['--version'])}`) ?? [];
  const target = new URL(databaseUrl);
  const [user, password] = [target.username, target.password].map(decodeURIComponent);
  const knowsStatements = Number(major) > 1 || Number(minor) >= 21;
  const forStatements: Record<string, string> = knowsStatements ? { max_prepared_statements: '100' } : {};
  // It refuses to run as root, and has to read its files as somebody else.
  const folder = await mkdtemp(join(tmpdir(), 'taskapp-pgbouncer-'));
  await chmod(folder, 0o755);
  const users = join(folder, 'users.txt');
  await writeFile(users, `"${user}" "${password}"\n`);
  const asUser = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const port = await choosePort();
  const file = join(folder, 'pgbouncer.ini');
  const access = { auth_type: 'trust', auth_file: users, admin_users: `${user}`, unix_socket_dir: '' };
  const address = { listen_addr: '127.0.0.1', listen_port: `${port}` };
  await writeFile(file, describe(target, { ...access, ...address, ...forStatements }));
  const url = Object.assign(new URL(databaseUrl), { host: `127.0.0.1:${port}` }).href;
  const console = urlOf(url, 'pgbouncer');
  let child: ChildProcess | undefined;
  const start = async () => {
    const started = spawn(program, [...asUser, '-q', file], { stdio: 'ignore', detached: true });
    child = started;
    while (!(await listens(console))) {
      if (hasEnded(started)) throw new Error('PgBouncer does not start');
      await pause(10);
    }
  };
  const end = async () => {
    child?.kill('SIGKILL');
    while (child && !hasEnded(child)) await pause(5);
  };
  atEnd(async () => {
    await end();
    await rm(folder, { recursive: true, force: true });
  });
  await start();
  const crash = async () => {
    await end();
    await start();
  };
  return { url, knowsStatements, command: (text) => administer(console, text), crash };
}
