import { spawnSync } from 'node:child_process';

/** A program that the tests run, and how the system's package managers bring it. */
export interface WantedProgram {
  /** What it is, for people. */
  readonly title: string;
  /** Under any of these names. */
  readonly names: readonly string[];
  /** Commands that install it; the first word tells whether they can be run. */
  readonly installers: readonly (readonly string[])[];
  /** What somebody can do where it cannot be installed. */
  readonly advice: string;
}

const works = (file: string, args: readonly string[]): boolean => spawnSync(file, args).status === 0;

/** The name of the program to run; installs it where there is none. @throws Error with the advice */
export function provideProgram({ title, names, installers, advice }: WantedProgram): string {
  const findProgram = () => names.find((name) => works(name, ['--version']));
  for (const command of installers) {
    const found = findProgram();
    if (found) return found;
    if (!works(command[0] ?? '', ['--version'])) continue;
    process.stderr.write(`No ${title} found: ${command.join(' ')}\n`);
    if (command[0] === 'apt-get') runInstaller(['apt-get', 'update', '-q']);
    runInstaller(command);
  }
  const found = findProgram();
  if (found) return found;
  throw new Error(`The tests need a real ${title}: ${advice}`);
}

function runInstaller(command: readonly string[]): void {
  // Homebrew refuses root; the others need it. RUNLEVEL=1 keeps Debian from starting the service it installs.
  const isAllowed = command[0] === 'brew' || process.getuid?.() === 0;
  const environment = ['env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1'];
  const [file = '', ...args] = [...(isAllowed ? [] : ['sudo', '-n']), ...environment, ...command];
  spawnSync(file, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
