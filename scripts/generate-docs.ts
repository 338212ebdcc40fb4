import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { ERRORS } from '@taskapp/core';
import { createOpenApi, httpErrors, toHttpError } from '@taskapp/http';

// Writes what can be derived from the code; with --check it only tells whether what is there is up to date.

const INTRODUCTION = `# Errors

Every failure has a stable \`code\`. The library throws errors that carry it, HTTP sends it in the body, and \`taskctl\`
prints it. Over HTTP every 503 says \`Service unavailable\`, whatever broke; the log has the rest.

`;

type Row = readonly [code: string, kind: string, status: number, message: string];

const toTable = (head: string, rows: readonly Row[]): string =>
  [head, '| --- | --- | --- | --- |', ...rows.map((row) => `| \`${row[0]}\` | ${row.slice(1).join(' | ')} |`)].join(
    '\n',
  );

function renderErrors(): string {
  const byCode = (one: Row, other: Row) => (one[0] < other[0] ? -1 : 1);
  const core: Row[] = ERRORS.map((spec) => [spec.code, spec.kind, toHttpError(spec).status, spec.message]);
  const http: Row[] = Object.values(httpErrors).map(({ code, status, message }) => [code, 'http', status, message]);
  const head = '| code | kind | status | message |';
  return `${INTRODUCTION}${toTable(head, [...core, ...http].sort(byCode))}\n`;
}

const folder = new URL('../docs/', import.meta.url);
const documents = {
  'openapi.json': () => `${JSON.stringify(createOpenApi(), null, 2)}\n`,
  'errors.md': renderErrors,
};

async function isCurrent(name: string, text: string): Promise<boolean> {
  return (await readFile(new URL(name, folder), 'utf8').catch(() => '')) === text;
}

const check = process.argv.includes('--check');
await mkdir(folder, { recursive: true });
for (const [name, render] of Object.entries(documents)) {
  const text = render();
  if (!check) await writeFile(new URL(name, folder), text);
  else if (!(await isCurrent(name, text))) {
    console.error(`docs/${name} is not up to date: run \`npm run docs\``);
    process.exitCode = 1;
  }
}
