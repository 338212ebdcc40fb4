import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A source file of the repository. */
export interface Source {
  /** From the root of the repository: `packages/core/src/app.ts`. */
  readonly path: string;
  /** Without comments. */
  readonly code: string;
}

const COMMENTS = /^\s*\/\/.*$|^\s*\/\*\*?[\s\S]*?\*\//gm;

export const toSource = (path: string, text: string): Source => ({ path, code: text.replaceAll(COMMENTS, '') });

/** The sources below the given folders. */
export function readSources(root: string, folders: readonly string[]): Source[] {
  return folders.flatMap((folder) => {
    const entries = readdirSync(join(root, folder), { withFileTypes: true, recursive: true });
    const files = entries.filter((entry) => entry.isFile() && /\.(ts|js)$/.test(entry.name));
    return files.map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return toSource(file.slice(root.length + 1), readFileSync(file, 'utf8'));
    });
  });
}

/** What a file imports, exports from, or loads later. */
export const importsOf = ({ code }: Source): string[] =>
  [...code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map(([, name = '']) => name);
