import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { testDatabase } from '../support/database.ts';
import { type Block, listDocuments, readBlocks } from './markdown.ts';
import { followBlock, type Stage } from './page.ts';
import { openPlayground, type Playground } from './playground.ts';
import { writePrograms } from './programs.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
/** Its blocks change the sources, of which contributing.test.ts makes a copy. */
const ELSEWHERE = new Set(['CONTRIBUTING.md']);
const documents = listDocuments(root)
  .filter((name) => !ELSEWHERE.has(name))
  .map((name) => ({ name, blocks: readBlocks(root, name) }));

/** README.md promises that nothing but Node is needed; the others begin with a database, which is quicker. */
async function settingsFor(name: string): Promise<Record<string, string>> {
  if (name === 'README.md') return {};
  const secret = () => randomBytes(32).toString('hex');
  const { url } = await testDatabase();
  return { DATABASE_URL: url, JWT_ACCESS_SECRET: secret(), JWT_REFRESH_SECRET: secret() };
}

function createStage(name: string, blocks: readonly Block[]): Stage {
  let opened: Promise<Playground> | undefined;
  const playground = () => {
    opened ??= settingsFor(name).then((settings) => openPlayground(root, settings));
    return opened;
  };
  return { root, playground, programs: writePrograms(root, blocks) };
}

async function follow(blocks: readonly Block[], stage: Stage): Promise<void> {
  let printed: string | undefined;
  for (const block of blocks) printed = await followBlock(block, stage, printed);
}

const block = (language: string, code: string, directive?: string): Block => ({
  place: 'page.md:1',
  language,
  code,
  directive,
});

for (const { name, blocks } of documents.filter((each) => each.blocks.length > 0)) {
  describe(name, () => {
    const stage = createStage(name, blocks);
    if (blocks.some(({ language }) => language === 'ts')) {
      it('shows TypeScript that compiles', () => stage.programs.compile());
    }
    it('shows what happens', () => follow(blocks, stage));
  });
}

describe('README.md', () => {
  it('has at most 300 lines', () => {
    const { length } = readFileSync(join(root, 'README.md'), 'utf8').trimEnd().split('\n');
    assert.ok(length <= 300, `It has ${length}`);
  });
});

describe('a block that no test claims', () => {
  const stage: Stage = { root, playground: () => assert.fail(), programs: writePrograms(root, []) };
  const claims = [
    ['without a language', block('', 'npm start')],
    ['in a language that nothing runs', block('python', 'print(1)')],
    ['with a comment that nobody understands', block('sh', 'true', 'skip this')],
    ['that is not run and does not say why', block('sh', 'true', 'not run: no')],
    ['of TypeScript that would not be compiled', block('ts', 'export {}', 'not run: the compiler does not like it')],
    ['of output that nothing printed', block('text', '1')],
  ] as const;
  for (const [title, unclaimed] of claims) {
    it(`fails the test: one ${title}`, async () => {
      await assert.rejects(follow([unclaimed], stage), /^AssertionError.*: page\.md:1: /);
    });
  }

  it('is not one that says why it is not run', () => follow([block('sh', 'false', 'not run: needs a cluster')], stage));
});

describe('a block that is wrong', () => {
  const stageOf = (each: Block): Stage => ({
    root,
    playground: () => assert.fail(),
    programs: writePrograms(root, [each]),
  });
  const wrong = [
    ['a program that fails', block('ts', "throw new Error('no')")],
    ['SQL that does not run', block('sql', 'select titel from taskapp.tasks')],
    ['YAML that is none', block('yaml', 'a: [1')],
    ['a command that does not exist', block('sh', 'npx taskctl task creat', 'check: commands')],
    ['an option that does not exist', block('sh', 'npm run bench -- --fast', 'check: commands')],
    ['a path that does not exist', block('text', 'packages/\n  kore/', 'check: paths')],
  ] as const;
  for (const [title, each] of wrong) {
    it(`fails the test: ${title}`, async () => {
      await assert.rejects(follow([each], stageOf(each)));
    });
  }

  it('fails the test: TypeScript that does not compile', async () => {
    const each = block('ts', "const port: number = '3000';\nvoid port;", 'compiled: for this test alone');
    await assert.rejects(stageOf(each).programs.compile(), /TS2322/);
  });
});
