import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCli } from '@taskapp/cli';
import type { Block } from './markdown.ts';

type Check = (words: readonly string[], root: string) => unknown;

const assertFile = (root: string, name = ''): void => assert.ok(existsSync(join(root, name)), `There is no ${name}`);

/** The help of a command, which exists only if the command does. */
async function helpOf(words: readonly string[]): Promise<string> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const code = await runCli([...words, '--help'], { stdin, stdout, stderr, env: {}, cwd: '/' });
  assert.equal(code, 0);
  stdout.end();
  return text(stdout);
}

/** How commands are checked that a test cannot run as they stand: they install, serve for ever, or need an engine. */
const CHECKS: Readonly<Record<string, Check>> = {
  npm: ([name = '', script = '', file], root) => {
    if (name === 'ci') return assertFile(root, 'package-lock.json');
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const called = name === 'run' ? script : name;
    assert.ok(called in scripts, `package.json has no script "${called}"`);
    const argument = name === 'run' ? file : script;
    if (argument) assertFile(root, argument);
  },
  npx: async ([program, ...words]) => {
    assert.equal(program, 'taskctl');
    assert.match(await helpOf(words), new RegExp(`^Usage: taskctl ${words.join(' ')}`));
  },
  node: ([file = ''], root) => assertFile(root, file.replace('/dist/', '/src/').replace(/\.js$/, '.ts')),
  bash: ([file], root) => assertFile(root, file),
  cp: ([file], root) => assertFile(root, file),
  docker: ([subcommand], root) => {
    assert.equal(subcommand, 'compose');
    assertFile(root, 'docker-compose.yml');
  },
  echo: ([assignment = ''], root) => {
    const [name] = assignment.replace('"', '').split('=');
    assert.match(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), new RegExp(`\\$\\{${name}:\\?`));
  },
};

/** Checks a block of commands without running it; fails on a command that it does not know. */
export async function checkCommands({ code, place }: Block, root: string): Promise<void> {
  const commands = code.split('\n').flatMap((line) => line.replace(/\s#\s.*$/, '').split('&&'));
  for (const command of commands) {
    const plain = command.trim().replaceAll(/^[A-Z_]+=\S+\s|\s*>>?.*$/g, '');
    const [program = '', ...words] = plain.split(/\s+/);
    const check = CHECKS[program] ?? assert.fail(`${place}: no test knows what to do with ${program}`);
    await check(words, root);
  }
}
