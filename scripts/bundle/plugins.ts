import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** Of the databases that Knex speaks to only PostgreSQL is meant. */
export const leaveDialectsOut: Plugin = {
  name: 'leave dialects out',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/\w/ }, ({ path, importer }) => {
      if (path === './postgres' || !importer.endsWith('/knex/lib/dialects/index.js')) return undefined;
      return { path: `knex/lib/dialects${path.slice(1)}/index.js`, external: true };
    }),
};

/** An import of a module of Node would be carried out with the whole file; a call waits for the module that makes it. */
export const loadNodeLate: Plugin = {
  name: 'load modules of Node late',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'node' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'node' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}');`,
    }));
  },
};

/** Modules find the files beside them, which are where the compiler puts them, and not in the bundle. */
export const keepPlaces: Plugin = {
  name: 'keep places',
  setup: ({ onLoad }) =>
    onLoad({ filter: /packages\/\w+\/src\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const [, name, file] = /packages\/(\w+)\/src\/(.*)\.ts$/.exec(path) ?? [];
      const base = name === 'cli' ? 'import.meta.url' : `import.meta.resolve('@taskapp/${name}/package.json')`;
      const place = `new URL('${name === 'cli' ? '..' : './dist'}/${file}.js', ${base}).href`;
      return { contents: text.replaceAll('import.meta.url', place), loader: 'ts' };
    }),
};
