import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const examples = fileURLToPath(new URL('../examples', import.meta.url));

type Run = (cwd: string, command: readonly string[], env?: NodeJS.ProcessEnv) => Promise<string>;

/**
 * Compiles a copy of an example in `host`, where the packages are installed, and starts it the way its `npm start` does;
 * what it printed. An example proves what it says with assertions, and ends.
 */
export async function runExample(host: string, name: string, { run, url }: { run: Run; url: string }): Promise<string> {
  const folder = join(host, name);
  await cp(join(examples, name), folder, { recursive: true, filter: (path) => !path.endsWith('/dist') });
  await run(host, [join(host, 'node_modules/.bin/tsc'), '-p', name]);
  const { scripts } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  return run(folder, scripts.start.split(' '), { DATABASE_URL: url });
}
