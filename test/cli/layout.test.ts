import assert from 'node:assert/strict';
import { test } from 'node:test';
import { styleText } from 'node:util';
import { draw } from '../../packages/cli/src/render/drawing.ts';
import { layOut, layOutPlain } from '../../packages/cli/src/render/layout.ts';

const BOLD = ['id', 'title', 'due date'].map((name) => styleText('bold', name, { validateStream: false }));
const ROWS = [
  ['id', 'title', 'due date'],
  ['1', '', '~ "quoted" | tabled'],
  ['', ' blanks  inside ', ''],
  ['a-longer-identifier', 'x', '-'],
];
const TABLES = [ROWS, [BOLD, ...ROWS], [['']], [['one']], ROWS.map((row) => row.slice(0, 2))];

test('plain tables are laid out as the library does it, character by character', () => {
  for (const [at, rows] of TABLES.entries()) {
    for (const available of [200, Number.POSITIVE_INFINITY]) {
      for (const wordWrap of [true, false]) {
        assert.equal(layOutPlain(rows, available), draw(rows, { available, wordWrap }), `table ${at}`);
      }
    }
  }
});

test('a table with wide or invisible characters, several lines or too little room is left to the library', async () => {
  for (const cell of ['日本', 'é', 'two\nlines', '\u0007', '\u001b[2Jred']) {
    assert.equal(layOutPlain([['id'], [cell]], 200), undefined, JSON.stringify(cell));
  }
  const width = Math.max(...ROWS.map(([id = '']) => id.length)) + 2 + 16 + 2 + 19;
  assert.ok(layOutPlain(ROWS, width));
  assert.equal(layOutPlain(ROWS, width - 1), undefined);
  const wide = await layOut(
    [
      ['日本', 'x'],
      ['a', 'y'],
    ],
    { output: process.stderr, hasStyle: false, wordWrap: false },
  );
  assert.equal(wide, '日本  x\na     y\n');
});
