import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { copyContext, copyInto } from './copy.ts';
import { type Instruction, parseDockerfile, parseEnv, parseExecForm, type Stage } from './dockerfile.ts';

/** What a stage leads to: a folder in place of a file system, and how to run it. */
export interface Image {
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
}

interface Build {
  readonly context: string;
  /** The stages so far. */
  readonly images: Map<string, Image>;
}

type Step = (image: Image, instruction: Instruction, build: Build) => Partial<Image> | Promise<Partial<Image>>;

const UNPRIVILEGED = { uid: 65_534, gid: 65_534 };

/** Follows the Dockerfile of `repository` in `folder`; the last stage is the image. */
export async function buildImage(repository: string, folder: string): Promise<Image> {
  const build: Build = { context: join(folder, 'context'), images: new Map() };
  await copyContext(repository, build.context);
  for (const stage of parseDockerfile(await readFile(join(repository, 'Dockerfile'), 'utf8'))) {
    process.stdout.write(`FROM ${stage.base} AS ${stage.name}\n`);
    build.images.set(stage.name, await buildStage(stage, join(folder, `stage-${stage.name}`), build));
  }
  return [...build.images.values()].at(-1) ?? assert.fail('The Dockerfile has no stage');
}

async function buildStage(stage: Stage, root: string, build: Build): Promise<Image> {
  const base = build.images.get(stage.base);
  await mkdir(root, { recursive: true });
  if (base) await cp(base.root, root, { recursive: true, verbatimSymlinks: true });
  let image: Image = { workdir: '/', env: {}, user: 'root', command: [], healthcheck: [], ...base, root };
  for (const instruction of stage.instructions) {
    const { keyword, flags, rest } = instruction;
    const from = flags.from ? `--from=${flags.from} ` : '';
    process.stdout.write(`  ${keyword} ${from}${rest.slice(0, 100)}\n`);
    const step = STEPS[keyword] ?? assert.fail(`The replay does not know ${keyword}`);
    image = { ...image, ...(await step(image, instruction, build)) };
  }
  return image;
}

const STEPS: Readonly<Record<string, Step>> = {
  WORKDIR: async ({ root, workdir }, { rest }) => {
    await mkdir(join(root, resolve(workdir, rest)), { recursive: true });
    return { workdir: resolve(workdir, rest) };
  },
  COPY: async ({ root, workdir }, { flags, rest }, { context, images }) => {
    const paths = rest.split(/\s+/);
    const target = paths.pop() ?? '';
    const source = flags.from ? images.get(flags.from)?.root : context;
    const place = join(root, resolve(workdir, target)) + (target.endsWith('/') ? '/' : '');
    await copyInto(source ?? assert.fail(`There is no stage ${flags.from}`), paths, place);
    return {};
  },
  RUN: async (image, { rest }) => {
    await run(image, ['sh', '-c', rest], process.env);
    return {};
  },
  ENV: ({ env }, { rest }) => ({ env: { ...env, ...parseEnv(rest) } }),
  USER: (_image, { rest }) => ({ user: rest }),
  CMD: (_image, { rest }) => ({ command: parseExecForm(rest) }),
  HEALTHCHECK: (_image, { rest }) => ({ healthcheck: parseExecForm(rest) }),
  EXPOSE: () => ({}),
};

/** Starts a command of the image with `env` over the image's own, as an unprivileged user where it names one. */
export function start(image: Image, [file = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const identity = image.user !== 'root' && process.getuid?.() === 0 ? UNPRIVILEGED : {};
  return spawn(file, args, {
    cwd: join(image.root, image.workdir),
    env: { ...image.env, ...env, PATH: pathOf(image) },
    stdio: ['ignore', 'inherit', 'inherit'],
    ...identity,
  });
}

/** Runs a command of the image to its end, and fails unless that is a good one. */
export async function run(image: Image, command: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const [code] = await once(start(image, command, env), 'exit');
  assert.equal(code, 0, `This failed: ${command.join(' ')}`);
}

/** Folders of the image are found below its root; Node and the tools of the base image are this system's. */
function pathOf({ root, env }: Image): string {
  const folders = (env.PATH ?? process.env.PATH ?? '').split(':');
  const mapped = folders.map((folder) => (existsSync(join(root, folder)) ? join(root, folder) : folder));
  return [dirname(process.execPath), ...mapped].join(':');
}
