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

/** The options that a script of the repository takes are those that its file hands to `parseArgs`. */
function assertOptions(root: string, script: string, words: readonly string[]): void {
  const options = words.filter((word) => word.startsWith('--')).map((word) => word.slice(2));
  const [, file = ''] = /(\S+\.ts)\b(?!.*\.ts\b)/.exec(script) ?? [];
  const source = options.length > 0 ? readFileSync(join(root, file), 'utf8') : '';
  for (const option of options)
    assert.match(source, new RegExp(`^ +'?${option}'?: { type:`, 'm'), `${file} takes no --${option}`);
}

async function checkTaskctl(words: readonly string[]): Promise<void> {
  const names = words.slice(0, words.findIndex((word) => /^-|[./$"]/.test(word)) >>> 0);
  const help = await helpOf(names);
  assert.match(help, new RegExp(`^Usage: taskctl ${names.join(' ')}`));
  for (const option of words.filter((word) => word.startsWith('-') && word !== '-'))
    assert.match(help, new RegExp(`(^|\\s)${option}\\b`), `taskctl ${names.join(' ')} takes no ${option}`);
}

/** Programs of others, whose arguments are theirs. */
const foreign: Check = () => undefined;

/** How commands are checked that a test cannot run as they stand: they install, serve for ever, or need an engine. */
const CHECKS: Readonly<Record<string, Check>> = {
  npm: (words, root) => {
    const [name = '', ...rest] = words[0] === 'run' ? words.slice(1) : words;
    if (name === 'ci' || name === 'install') return assertFile(root, 'package-lock.json');
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    assert.ok(name in scripts, `package.json has no script "${name}"`);
    const [argument] = rest;
    if (argument === '--') assertOptions(root, scripts[name], rest.slice(1));
    else if (argument) assertFile(root, argument);
  },
  npx: async ([program, ...words]) => {
    assert.equal(program, 'taskctl');
    await checkTaskctl(words);
  },
  taskctl: checkTaskctl,
  node: ([file = ''], root) => assertFile(root, file.replace('/dist/', '/src/').replace(/\.js$/, '.ts')),
  bash: ([file], root) => assertFile(root, file),
  cp: ([file], root) => assertFile(root, file),
  kubectl: ([verb, option, path], root) => {
    if (verb === 'apply') assert.equal(option, '-k');
    if (verb === 'apply') assertFile(root, join(path ?? '', 'kustomization.yaml'));
  },
  age: foreign,
  rm: foreign,
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
  const commands = code.split('\n').flatMap((line) => line.replace(/\s#\s.*$/, '').split(/&&|\s\|\s/));
  for (const command of commands) {
    const plain = command.trim().replaceAll(/^(?:[A-Z_]+=\S+\s)+|\s*>>?.*$/g, '');
    const [program = '', ...words] = plain.split(/\s+/);
    const check = CHECKS[program] ?? assert.fail(`${place}: no test knows what to do with ${program}`);
    await check(words, root);
  }
}
