import { posix } from 'node:path';
import { contracts, ERRORS } from '@taskapp/core';
import { importsOf, type Source } from './sources.ts';

/** A rule names what is wrong with a file; nothing when it is right. */
type Rule = (source: Source, all: readonly Source[]) => string[];

const CORE = 'packages/core/src/';
const features = Object.keys(contracts);

/** `packages/core/src/tasks/task.model.ts` -> `tasks`; '' for files beside the folders. */
const folderOf = (path: string): string => /^packages\/\w+\/src\/([\w-]+)\//.exec(path)?.[1] ?? '';

/** The files of the core that a file imports. */
const coreImports = (source: Source): string[] =>
  importsOf(source)
    .filter((name) => name.startsWith('.'))
    .map((name) => posix.join(posix.dirname(source.path), name))
    .filter((path) => path.startsWith(CORE));

const kernelKnowsNoFeature: Rule = (source) => {
  if (folderOf(source.path) !== 'kernel') return [];
  return coreImports(source).filter((path) => folderOf(path) !== 'kernel');
};

/** What other features may use of a feature. */
const SHARED = /\.(queries|model|errors|fields|contract)\.ts$/;

const featuresShareNoService: Rule = (source, all) => {
  const own = folderOf(source.path);
  if (!source.path.startsWith(CORE) || own === '' || own === 'kernel') return [];
  const hasContract = (folder: string) =>
    all.some(({ path }) => folderOf(path) === folder && path.endsWith('.contract.ts'));
  return coreImports(source).filter((path) => {
    const folder = folderOf(path);
    if (path === `${CORE}app.ts` || path === `${CORE}index.ts`) return true;
    if (folder === own || folder === '') return false;
    return path.endsWith('.service.ts') || (hasContract(folder) && !SHARED.test(path));
  });
};

/** What is for tests is loaded by nobody else. */
const testingIsAnEntry: Rule = (source) => {
  const isOfTesting = (path: string) => /^packages\/core\/src\/testing(\.ts$|\/)/.test(path);
  return isOfTesting(source.path) ? [] : coreImports(source).filter(isOfTesting);
};

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: [],
  http: ['@taskapp/core'],
  cli: ['@taskapp/core', '@taskapp/http', '@taskapp/http/client', '@taskapp/http/config', '@taskapp/http/workers'],
  seeds: ['@taskapp/core'],
};

const packagesUseWhatIsExported: Rule = (source) => {
  const [, folder = '', name = ''] = /^((?:packages\/)?(\w+))\//.exec(source.path) ?? [];
  return importsOf(source).filter((imported) => {
    if (imported.startsWith('@taskapp/')) return !ALLOWED[name]?.includes(imported);
    if (!imported.startsWith('.')) return false;
    return !posix.join(posix.dirname(source.path), imported).startsWith(`${folder}/`);
  });
};

const environmentIsReadInFewPlaces: Rule = ({ path, code }) => {
  if (/(^|\/)(main|config|knexfile)\.ts$/.test(path)) return [];
  return code.match(/\bprocess\s*\.\s*env\b|\benv\b[^=;]*\}\s*=\s*process\b/g) ?? [];
};

const NAMES = features.join('|');
const NAMING = new RegExp(
  [
    `(?<=['"\`])(?:${NAMES})(?:\\.\\w+)?(?=['"\`])`,
    `/(?:${NAMES})\\b`,
    `\\b(?:app|services|contracts)\\.(?:${NAMES})\\b`,
  ].join('|'),
  'g',
);

/** Codes of errors may be named: they say what went wrong, not what there is. */
const httpNamesNoFeature: Rule = ({ path, code }) => {
  if (!path.startsWith('packages/http/src/')) return [];
  const codes: readonly string[] = ERRORS.map((spec) => spec.code);
  return (code.match(NAMING) ?? []).filter((name) => !codes.includes(name));
};

const exportsAreNamed: Rule = ({ path, code }) =>
  path.startsWith('packages/') ? (code.match(/^export (\*|default)/gm) ?? []) : [];

const FORBIDDEN = /\/(utils?|helpers?|common|shared|lib|misc|types|interfaces|constants)(\/|\.ts$)/;

const foldersHaveMeaning: Rule = ({ path }) => {
  if (!path.startsWith('packages/')) return [];
  const deep = path.split('/').length > 'packages/core/src/feature/file.ts'.split('/').length;
  return FORBIDDEN.test(path) || deep ? [path] : [];
};

const RULES = {
  kernelKnowsNoFeature,
  featuresShareNoService,
  testingIsAnEntry,
  packagesUseWhatIsExported,
  environmentIsReadInFewPlaces,
  httpNamesNoFeature,
  exportsAreNamed,
  foldersHaveMeaning,
};

/** Everything that breaks the rules of ARCHITECTURE.md: `rule: file: what`. */
export const findViolations = (sources: readonly Source[]): string[] =>
  Object.entries(RULES).flatMap(([name, rule]) =>
    sources.flatMap((source) => rule(source, sources).map((what) => `${name}: ${source.path}: ${what}`)),
  );
