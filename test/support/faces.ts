import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isTaskAppError, type NamedOperation, type OperationId, operations, run } from '@taskapp/core';
import { createHttpApp } from '@taskapp/http';
import { createTaskClient, keepInMemory } from '@taskapp/http/client';
import { describeOperations } from '../../packages/cli/src/catalog/describe.ts';
import { kebab } from '../../packages/cli/src/catalog/names.ts';
import { RESERVED } from '../../packages/cli/src/terminal/global-options.ts';
import { atEnd } from './cleanup.ts';
import { type CliRun, runTaskctl } from './cli.ts';
import { serveFaulty } from './http-server.ts';
import { PASSWORD, type TestUser, type World } from './world.ts';

const catalog = describeOperations(operations);

type Input = Readonly<Record<string, unknown>>;

/** One way to call every operation. What comes back is JSON: an answer, or the code that it was refused with. */
export interface Face {
  readonly name: string;
  call(id: OperationId, input: Input, user: TestUser): Promise<unknown>;
}

/** The description of an operation as taskctl has it. */
export const specOf = (id: OperationId) => catalog.find((spec) => spec.id === id) as (typeof catalog)[number];

const operationOf = (id: OperationId) => operations.find((operation) => operation.id === id) as NamedOperation;

/** What a call that resolves with a value comes to in JSON. */
const outcomeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    (value) => JSON.parse(JSON.stringify(value ?? null)),
    (error: unknown) => {
      if (isTaskAppError(error)) return { refused: error.code, problems: error.problems ?? [] };
      throw error;
    },
  );

/** The arguments and the stdin that give an operation its input. */
export function toArguments(id: OperationId, input: Input): { argv: string[]; stdin: string } {
  const { noun, verb, params } = specOf(id);
  // Many things at once come from a file.
  if (id === 'tasks.import') return { argv: [noun, verb, '-'], stdin: JSON.stringify(input.tasks) };
  const isSecret = (name: string) => /(password|token)$/i.test(name);
  const flag = (name: string) => `${RESERVED.has(kebab(name)) ? `${noun}-` : ''}${kebab(name)}`;
  const names = Object.keys(input).filter((name) => !params.includes(name));
  const options = names.flatMap((name) => {
    if (isSecret(name)) return [`--${flag(name)}-stdin`];
    if (input[name] === null) return [`--no-${flag(name)}`];
    return [input[name]].flat().map((value) => `--${flag(name)}=${String(value)}`);
  });
  const secrets = Object.keys(specOf(id).fields).filter((name) => isSecret(name) && name in input);
  const stdin = secrets.map((name) => `${String(input[name])}\n`).join('');
  return { argv: [noun, verb, ...options, '--', ...params.map((name) => String(input[name]))], stdin };
}

/** What taskctl printed, in the form of the other faces: lists have a name there, and what answers nothing is nothing. */
function readRun(id: OperationId, { code, stdout, stderr }: CliRun): unknown {
  if (code !== 0) {
    const { error } = JSON.parse(stderr);
    return { refused: error.code, problems: error.problems };
  }
  const { output } = specOf(id);
  return output.kind === 'none' ? null : JSON.parse(stdout);
}

/** The library, the client over HTTP, taskctl on the database, and taskctl on the server. */
export async function openFaces(world: World, env: Readonly<Record<string, string>>): Promise<Face[]> {
  const { url } = await serveFaulty(createHttpApp(world.app).callback());
  const home = async () => {
    const folder = await mkdtemp(join(tmpdir(), 'taskctl-faces-'));
    atEnd(() => rm(folder, { recursive: true, force: true }));
    return folder;
  };
  const taskctl = async (id: OperationId, input: Input, more: { env: Record<string, string>; argv?: string[] }) => {
    const { argv, stdin } = toArguments(id, input);
    const settings = { stdin, env: { ...env, ...more.env }, cwd: tmpdir() };
    return readRun(id, await runTaskctl(['-o', 'json', ...(more.argv ?? []), ...argv], settings));
  };
  const keepsTokens = (id: OperationId) => specOf(id).output.fields.includes('accessToken') || id === 'auth.logout';
  return [
    { name: 'library', call: (id, input, { actor }) => outcomeOf(run(world.app, operationOf(id), { actor }, input)) },
    {
      name: 'client',
      call: (id, input, { accessToken, refreshToken }) => {
        const client = createTaskClient({ url, tokens: keepInMemory({ accessToken, refreshToken }) });
        return outcomeOf(client.call(id, input as never));
      },
    },
    {
      name: 'taskctl on a database',
      call: (id, input, { email }) => taskctl(id, input, { env: { DATABASE_URL: world.url }, argv: ['--as', email] }),
    },
    {
      name: 'taskctl on a server',
      call: async (id, input, { email, accessToken }) => {
        if (!keepsTokens(id)) return taskctl(id, input, { env: { TASKCTL_URL: url, TASKCTL_TOKEN: accessToken } });
        const own = { XDG_CONFIG_HOME: await home(), TASKCTL_URL: url };
        await runTaskctl(['auth', 'login', email, '--password-stdin'], { stdin: PASSWORD, env: own, cwd: tmpdir() });
        return taskctl(id, input, { env: own });
      },
    },
  ];
}
