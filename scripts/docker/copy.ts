import { cp, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Does what `COPY` does: folders give their content, `*` stands for a part of a name. */
export async function copyInto(from: string, sources: readonly string[], target: string): Promise<void> {
  const found = (await Promise.all(sources.map((source) => expand(from, source)))).flat();
  if (found.length === 0) throw new Error(`COPY finds nothing for ${sources.join(' ')}`);
  for (const source of found) {
    const isFolder = (await stat(source)).isDirectory();
    const place = isFolder || !target.endsWith('/') ? target : join(target, basename(source));
    await mkdir(isFolder ? place : dirname(place), { recursive: true });
    await cp(source, place, { recursive: true, verbatimSymlinks: true });
  }
}

async function expand(from: string, source: string): Promise<string[]> {
  if (!source.includes('*')) return [join(from, source)];
  const folder = join(from, dirname(source));
  const pattern = toRegExp(basename(source));
  return (await readdir(folder)).filter((name) => pattern.test(name)).map((name) => join(folder, name));
}

/** Copies what `.dockerignore` leaves of `root`. */
export async function copyContext(root: string, target: string): Promise<void> {
  const isIgnored = createFilter(await readFile(join(root, '.dockerignore'), 'utf8'));
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (isIgnored(path)) continue;
      if (entry.isDirectory()) await walk(path);
      else await cp(join(root, path), join(target, path));
    }
  };
  await walk('.');
}

/** The last pattern that fits a path, or a folder above it, decides. */
function createFilter(text: string): (path: string) => boolean {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const rules = lines.map((line) => ({ keeps: line.startsWith('!'), pattern: toRegExp(line.replace('!', '')) }));
  return (path) => {
    const parts = path.split('/');
    const paths = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    return !(rules.findLast(({ pattern }) => paths.some((part) => pattern.test(part)))?.keeps ?? true);
  };
}

const PATTERNS: Readonly<Record<string, string>> = { '**/': '(?:.*/)?', '*': '[^/]*' };
const literal = (text: string) => text.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');

function toRegExp(glob: string): RegExp {
  const parts = glob.split(/(\*\*\/|\*)/).map((part) => PATTERNS[part] ?? literal(part));
  return new RegExp(`^${parts.join('')}$`);
}
