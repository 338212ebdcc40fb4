import { spawn } from 'node:child_process';
import { userInfo } from 'node:os';
import { failEmbedded } from './failure.ts';
import { CLEAN_ENVIRONMENT } from './processes.ts';

/** A user of the system, by number. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** How root runs PostgreSQL, which refuses to run as root. */
export type RootStrategy = 'unshare' | 'setuid';

/** Who runs PostgreSQL's programs. */
export interface Runner {
  /** Who must own the data, where that is not the user of this process. */
  readonly owner: Account | undefined;
  /** The file, arguments and identity to spawn so that `file` runs as this user; its pid is the spawned one's. */
  wrap(file: string, args: readonly string[]): { file: string; args: string[]; identity: Partial<Account> };
}

const SYSTEM_ACCOUNTS = ['postgres', '_postgres', 'nobody', 'daemon'];

/** Runs programs as the user of this process. */
export const ownRunner: Runner = { owner: undefined, wrap: (file, args) => ({ file, args: [...args], identity: {} }) };

/** In a user namespace root has another number and no capability, while the files stay root's. unshare execs: same pid. */
const namespaceRunner = ({ uid, gid }: Account): Runner => ({
  owner: undefined,
  wrap: (file, args) => ({
    file: 'unshare',
    args: ['--user', `--map-user=${uid}`, `--map-group=${gid}`, file, ...args],
    identity: {},
  }),
});

const accountRunner = (account: Account): Runner => ({
  owner: account,
  wrap: (file, args) => ({ file, args: [...args], identity: account }),
});

/** Runs a program to its end. `output` is what it printed; a program that could not be run has the code -1. */
export function runAs(runner: Runner, file: string, args: readonly string[], input = '') {
  const command = runner.wrap(file, args);
  return new Promise<{ code: number; output: string }>((resolve) => {
    const child = spawn(command.file, command.args, { cwd: '/', env: CLEAN_ENVIRONMENT, ...command.identity });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    // A program that ends without reading its input is judged by its exit code.
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => resolve({ code: -1, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? -1, output: output.trim() }));
    child.stdin.end(input);
  });
}

/** True when the runner can enter the folder, with every permission, namespace and access list on the way counted. */
export const canReach = async (runner: Runner, folder: string): Promise<boolean> =>
  (await runAs(runner, '/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder])).code === 0;

async function findAccount(): Promise<Account | undefined> {
  for (const name of SYSTEM_ACCOUNTS) {
    const ids = [await runAs(ownRunner, 'id', ['-u', name]), await runAs(ownRunner, 'id', ['-g', name])];
    // `| 0`: macOS prints the number of nobody, -2, without its sign.
    const [uid = 0, gid = 0] = ids.map(({ code, output }) => (code === 0 ? Number(output) | 0 : 0));
    if (uid !== 0) return { uid, gid };
  }
  return undefined;
}

function hasName(): boolean {
  try {
    userInfo();
    return true;
  } catch {
    return false;
  }
}

/**
 * The ways to run PostgreSQL, the best first. `owner` owns the data that exist: as root, data of an ordinary user are
 * served by that user. Users without an entry in the user database (some containers) need a namespace too, for initdb.
 */
export async function listRunners(options: { owner?: Account | undefined; rootStrategy?: RootStrategy | undefined }) {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && hasName()) return [ownRunner];
  if (isRoot && options.owner && options.owner.uid !== 0) return [accountRunner(options.owner)];
  const account = await findAccount();
  if (!account) failEmbedded(`PostgreSQL does not run as root, and there is no user ${SYSTEM_ACCOUNTS.join(' or ')}`);
  if (!isRoot) return [namespaceRunner(account), ownRunner];
  const strategies: RootStrategy[] = options.rootStrategy ? [options.rootStrategy] : ['unshare', 'setuid'];
  return strategies.map((strategy) => (strategy === 'unshare' ? namespaceRunner(account) : accountRunner(account)));
}
