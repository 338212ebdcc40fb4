import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ERRORS } from '@taskapp/core';
import { httpErrors, isConfigError, loadConfig } from '@taskapp/http';
import { EXIT } from '../../packages/cli/src/exit-codes.ts';
import { variables } from '../../packages/http/src/config.variables.ts';
import { listDocuments } from './markdown.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const names = Object.keys(variables.shape);

/** The rows of the table in docs/configuration.md. */
const rows = [...read('docs/configuration.md').matchAll(/^\| `(\w+)`( \*)? \|(.*?)\|/gm)].map(
  ([, name = '', star, fallback = '']) => ({ name, isSecret: star !== undefined, fallback: fallback.trim() }),
);

/** Whether a file can stand for the variable. */
function takesFile(name: string): boolean {
  try {
    loadConfig({ [`${name}_FILE`]: '/missing' });
  } catch (error) {
    return isConfigError(error) && error.problems.some((problem) => problem.startsWith(`${name}_FILE `));
  }
  return false;
}

/** The default as the environment would spell it. */
function defaultOf(name: string): unknown {
  const { def } = variables.shape[name as keyof typeof variables.shape]._zod as { def: { defaultValue?: unknown } };
  return def.defaultValue;
}

const documents = listDocuments(root);
const records = documents.filter((name) => name.startsWith('docs/adr/'));

describe('documents', () => {
  it('list every variable, and no other', () => {
    assert.deepEqual(rows.map(({ name }) => name).sort(), [...names].sort());
    const example = [...read('.env.example').matchAll(/^(?:# )?([A-Z][A-Z_]+)=/gm)].map(([, name]) => name);
    assert.deepEqual(example.sort(), [...names].sort());
    const table = read('README.md').split('## Configuration')[1]?.split('\n## ')[0] ?? '';
    const mentioned = [...table.matchAll(/^\| (.*?) \|/gm)].flatMap(
      ([, cell = '']) => cell.match(/[A-Z][A-Z_]+/g) ?? [],
    );
    assert.ok(mentioned.length > 5);
    assert.deepEqual(
      mentioned.filter((name) => !names.includes(name)),
      [],
    );
  });

  it('give the defaults that apply', () => {
    for (const { name, fallback } of rows) {
      const value = defaultOf(name);
      if (value !== undefined) assert.equal(fallback, `\`${value}\``, name);
      const [, example] = new RegExp(`^# ${name}=(.*)$`, 'm').exec(read('.env.example')) ?? [];
      if (value !== undefined) assert.equal(example, value, `${name} in .env.example`);
    }
  });

  it('mark the variables that can come from a file', () => {
    const marked = rows.filter(({ isSecret }) => isSecret).map(({ name }) => name);
    assert.ok(marked.includes('JWT_ACCESS_SECRET'));
    assert.deepEqual(marked, names.filter(takesFile));
  });

  it('list every code of an error with its message', () => {
    const page = read('docs/errors.md');
    for (const { code, message } of [...ERRORS, ...Object.values(httpErrors)]) {
      assert.ok(
        page.split('\n').some((line) => line.includes(`\`${code}\``) && line.includes(message)),
        code,
      );
    }
  });

  it('list the codes of the client', () => {
    const listed = [...read('docs/client.md').matchAll(/^\| `(client\.\w+)`/gm)].map(([, code]) => code);
    const codes = [...read('packages/http/src/client/client-error.ts').matchAll(/\| '(client\.\w+)'/g)];
    assert.ok(listed.length > 3);
    assert.deepEqual(listed.sort(), codes.map(([, code]) => code).sort());
  });

  it('list the exit codes', () => {
    const text = /Exit codes: (.*?)\. /s.exec(read('README.md'))?.[1] ?? '';
    const listed = text.split(/,\s+/).map((entry) => Number.parseInt(entry, 10));
    assert.deepEqual(
      listed,
      Object.values(EXIT).filter((code) => code < 128),
    );
  });

  it('keep "Unreleased" on top of the changelog', () => {
    assert.equal(/^## (.*)$/m.exec(read('CHANGELOG.md'))?.[1], 'Unreleased');
  });

  it('record decisions in 30 lines at most: context, decision, cost', () => {
    assert.ok(records.length > 20);
    // In the order of their files; a number may be missing where a branch that has it is not merged yet.
    const numbers = records.map((name) => Number(/\/(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1]));
    assert.equal(new Set(numbers).size, records.length);
    for (const [index, name] of records.entries()) {
      const text = read(name);
      const begin = `^# ${numbers[index]}\\. .*\\*\\*Context\\.\\*\\*.*\\*\\*Decision\\.\\*\\*.*\\*\\*Cost\\.\\*\\*`;
      assert.match(text, new RegExp(begin, 's'), name);
      assert.ok(text.trimEnd().split('\n').length <= 30, name);
    }
  });

  it('link to what exists', () => {
    const links = documents.flatMap((name) =>
      [...read(name).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target = '']) => join(dirname(name), target)),
    );
    assert.ok(links.length > 5);
    assert.deepEqual(
      links.filter((target) => !existsSync(join(root, target))),
      [],
    );
  });
});
