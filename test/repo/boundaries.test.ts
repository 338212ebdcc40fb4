import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findViolations } from './boundaries.ts';
import { readSources, toSource } from './sources.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const packages = ['core', 'http', 'cli'].map((name) => `packages/${name}/src`);
const sources = readSources(root, [...packages, 'migrations', 'seeds']);

/** One file for every way to break a rule, and what is found in it. */
const PLANTED: readonly (readonly [path: string, text: string, found: string])[] = [
  ['packages/core/src/kernel/bad.ts', `import { Task } from '../tasks/task.model.ts';`, 'kernelKnowsNoFeature'],
  ['packages/core/src/kernel/bad.ts', `const late = await import('../app.ts');`, 'kernelKnowsNoFeature'],
  [
    'packages/core/src/tags/bad.ts',
    `import { createTaskService } from '../tasks/tasks.service.ts';`,
    'featuresShareNoService',
  ],
  ['packages/core/src/tags/bad.ts', `import type { TaskList } from '../tasks/task-list.ts';`, 'featuresShareNoService'],
  ['packages/core/src/tags/bad.ts', `import { createTaskApp } from '../app.ts';`, 'featuresShareNoService'],
  ['packages/core/src/bad.ts', `import { createTestApp } from './testing.ts';`, 'testingIsAnEntry'],
  ['packages/core/src/tags/bad.ts', `import { createHttpApp } from '@taskapp/http';`, 'packagesUseWhatIsExported'],
  [
    'packages/http/src/bad.ts',
    `import { createTaskApp } from '@taskapp/core/dist/app.js';`,
    'packagesUseWhatIsExported',
  ],
  ['packages/http/src/bad.ts', `import { runCli } from '@taskapp/cli';`, 'packagesUseWhatIsExported'],
  ['packages/cli/src/bad.ts', `import { fail } from '../../core/src/kernel/errors.ts';`, 'packagesUseWhatIsExported'],
  ['packages/core/src/tasks/bad.ts', 'const limit = process.env.LIMIT;', 'environmentIsReadInFewPlaces'],
  ['packages/cli/src/bad.ts', 'const { env, argv } = process;', 'environmentIsReadInFewPlaces'],
  ['packages/http/src/bad.ts', `router.get('/api/tasks', list);`, 'httpNamesNoFeature'],
  ['packages/http/src/bad.ts', `if (operation.id === 'tasks.create') limit();`, 'httpNamesNoFeature'],
  ['packages/http/src/bad.ts', 'await app.tags.list(ctx);', 'httpNamesNoFeature'],
  ['packages/core/src/tasks/bad.ts', `export * from './task.model.ts';`, 'exportsAreNamed'],
  ['packages/core/src/tasks/bad.ts', 'export default function create() {}', 'exportsAreNamed'],
  ['packages/http/src/utils/dates.ts', '', 'foldersHaveMeaning'],
  ['packages/cli/src/tasks/render/table.ts', '', 'foldersHaveMeaning'],
];

describe('boundaries', () => {
  it('hold', () => {
    assert.ok(sources.length > 50);
    assert.deepEqual(findViolations(sources), []);
  });

  for (const [path, text, rule] of PLANTED) {
    it(`${rule} finds ${text || path}`, () => {
      const found = findViolations([...sources, toSource(path, text)]);
      assert.deepEqual(
        found.map((line) => line.split(': ').slice(0, 2)),
        [[rule, path]],
      );
    });
  }

  it('lets a feature use what another one shares', () => {
    const text = `import { Task } from '../tasks/task.model.ts';\nimport { taskErrors } from '../tasks/tasks.errors.ts';`;
    assert.deepEqual(findViolations([...sources, toSource('packages/core/src/tags/good.ts', text)]), []);
  });
});
