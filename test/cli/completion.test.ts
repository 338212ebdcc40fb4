import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atEnd } from '../support/cleanup.ts';
import { runTaskctl } from '../support/cli.ts';
import { provideProgram } from '../support/provide-program.ts';

const run = promisify(execFile);
const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

let folder: string;

/** A `taskctl` for shells to find. */
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taskctl-completion-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  const program = join(folder, 'taskctl');
  const node = `'${process.execPath}' --conditions=source --import '${import.meta.resolve('tsx')}'`;
  await writeFile(program, `#!/bin/sh\nexec ${node} '${main}' "$@"\n`);
  await chmod(program, 0o755);
});

/** What a shell prints for a script. */
async function inShell(file: string, args: readonly string[], script: string): Promise<string[]> {
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}`, HOME: folder };
  const { stdout } = await run(file, [...args, '-c', script], { env, cwd: folder });
  return stdout.split('\n').filter((line) => line !== '');
}

const install = (name: string) =>
  provideProgram({
    title: name,
    names: [name],
    installers: [['apt-get', 'install', '-y', '-q', '--no-install-recommends', name]],
    advice: `install ${name}`,
  });

/** What may follow the words that were typed, the last of which is begun. */
async function candidates(...typed: readonly string[]): Promise<string[]> {
  const { stdout, stderr, code } = await runTaskctl(['complete', '--', ...typed]);
  assert.deepEqual([stderr, code], ['', 0]);
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')[0] as string]));
}

test('commands, options and their values are completed', async () => {
  const first = await candidates('');
  for (const name of ['add', 'ls', 'task', 'serve', 'completion', 'help']) assert.ok(first.includes(name), name);
  assert.ok(!first.includes('complete'));
  assert.deepEqual(await candidates('ta'), ['task', 'tag']);
  assert.deepEqual(await candidates('task', 'up'), ['update']);
  assert.deepEqual(await candidates('task', 'update', 'x', '--status', 'in'), ['IN_PROGRESS']);
  assert.deepEqual(await candidates('task', 'update', 'x', '--status=d'), ['--status=DONE']);
  assert.deepEqual(await candidates('task', 'update', 'x', '--status', '=', 'd'), ['DONE']);
  assert.deepEqual(await candidates('task', 'update', 'x', '--status', 'DONE', '--prior'), ['--priority']);
  assert.deepEqual(await candidates('ls', '--title-of-nothing'), []);
  assert.deepEqual(await candidates('task', 'create', '--title', ''), []);
  assert.deepEqual(await candidates('task', 'update', '--', '--st'), []);
  assert.deepEqual(await candidates('-o', 'nd'), ['ndjson']);
  assert.deepEqual(await candidates('backup', ''), [':files']);
  assert.deepEqual(await candidates('completion', ''), ['bash', 'zsh', 'fish']);
  assert.deepEqual(await candidates(), first);
});

test('bash completes with the script', async () => {
  const press = (words: string) =>
    inShell(
      'bash',
      ['--noprofile', '--norc'],
      `source <(taskctl completion bash)
       COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _taskctl; printf '%s\\n' "\${COMPREPLY[@]}"
       complete -p taskctl`,
    );
  assert.deepEqual(await press('taskctl task up'), ['update', 'complete -F _taskctl taskctl']);
  assert.deepEqual(await press("taskctl ls --priority ''"), [
    ...['LOW', 'MEDIUM', 'HIGH', 'URGENT'],
    'complete -F _taskctl taskctl',
  ]);
});

test('zsh completes with the script, and says what a word is', async () => {
  const lines = await inShell(
    install('zsh'),
    ['-f'],
    `compdef() { print "compdef $*" }
     _describe() { print -l -- \${(P)2} }
     _files() { print files }
     source <(taskctl completion zsh)
     words=(taskctl task up) CURRENT=3 _taskctl
     words=(taskctl backup '') CURRENT=3 _taskctl`,
  );
  assert.deepEqual(lines, ['compdef _taskctl taskctl', 'update:Change a task', 'files']);
});

test('fish completes with the script, and says what a word is', async () => {
  const script = `taskctl completion fish | source; complete -C 'taskctl task up'; complete -C 'taskctl ls --status to'`;
  assert.deepEqual(await inShell(install('fish'), ['--no-config'], script), ['update\tChange a task', 'TODO']);
});
