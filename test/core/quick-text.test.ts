import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readQuickText } from '../../packages/core/src/quick-add/quick-text.ts';
import { createWallClock, isTimeZone } from '../../packages/core/src/quick-add/wall-clock.ts';

/** A Wednesday, half past four in the afternoon in Berlin. */
const NOW = new Date('2027-01-13T15:30:00Z');
const read = (text: string, timeZone = 'Europe/Berlin') => readQuickText(text, { now: NOW, timeZone });
const dueOf = async (text: string, timeZone?: string) => (await read(text, timeZone)).dueDate?.toISOString() ?? null;

test('a line gives title, due date, tags, priority and description', async () => {
  const task = await read('Pay rent tomorrow 9am #home #"two words" !high // by bank transfer #no p1');
  assert.deepEqual(task, {
    title: 'Pay rent',
    dueDate: new Date('2027-01-14T08:00:00Z'),
    tags: ['home', 'two words'],
    priority: 'HIGH',
    description: 'by bank transfer #no p1',
    parts: [
      { field: 'dueDate', text: 'tomorrow 9am' },
      { field: 'tags', text: '#home' },
      { field: 'tags', text: '#"two words"' },
      { field: 'priority', text: '!high' },
      { field: 'description', text: '// by bank transfer #no p1' },
    ],
  });
  assert.deepEqual(
    (await Promise.all(['p1', 'P2', 'p3', 'p4', '!URGENT', '!low !medium'].map((word) => read(`x ${word}`)))).map(
      ({ priority }) => priority,
    ),
    ['URGENT', 'HIGH', 'MEDIUM', 'LOW', 'URGENT', 'MEDIUM'],
  );
});

test('dates are what the reader calls them, where the reader is', async () => {
  const dates: [text: string, due: string | null][] = [
    ['tomorrow', '2027-01-13T23:00:00.000Z'],
    ['by friday', '2027-01-14T23:00:00.000Z'],
    ['next friday at 17:30', '2027-01-22T16:30:00.000Z'],
    ['9am', '2027-01-14T08:00:00.000Z'],
    ['in 3 hours', '2027-01-13T18:30:00.000Z'],
    ['in 2 days', '2027-01-14T23:00:00.000Z'],
    ['tonight', '2027-01-13T21:00:00.000Z'],
    ['on 3 March', '2027-03-02T23:00:00.000Z'],
    ['tomorrow 9am EST', '2027-01-14T14:00:00.000Z'],
    ['2027-02-01T10:00Z', '2027-02-01T10:00:00.000Z'],
    ['2027-07-01 12:00', '2027-07-01T10:00:00.000Z'],
    ['tomorrow #home 9am', '2027-01-14T08:00:00.000Z'],
    ['tomorrow with Ann, 4pm', '2027-01-14T15:00:00.000Z'],
  ];
  for (const [text, due] of dates) assert.equal(await dueOf(`Do ${text}`), due, text);
  assert.equal(await dueOf('Do tomorrow 9am', 'America/New_York'), '2027-01-14T14:00:00.000Z');
  assert.equal(await dueOf('Do tomorrow 9am', 'Asia/Kolkata'), '2027-01-14T03:30:00.000Z');
  // There it is the next day already.
  assert.equal(await dueOf('Do tomorrow 9am', 'Pacific/Auckland'), '2027-01-14T20:00:00.000Z');
});

test('what is no date, or could be two, stays in the title', async () => {
  const texts = [
    'buy 2 sun hats',
    'Ask May about it',
    'march on',
    'Do it now',
    'Buy 3/4 cup',
    'Pay 1/2/2027',
    'take a day off',
  ];
  texts.push('walk 2 hours', 'last monday report', '10 minutes ago', 'Conference Dec 3-5', 'Version 1.2.3', 'x 30 feb');
  for (const text of texts) {
    const { title, dueDate } = await read(text);
    assert.deepEqual([title, dueDate], [text, null]);
  }
  assert.equal(await dueOf('Go on sun'), '2027-01-16T23:00:00.000Z');
});

test('text is kept as it is by quotes and backslashes, and where it only looks like a tag', async () => {
  const titles: [text: string, title: string][] = [
    ['"Call me tomorrow" #home', 'Call me tomorrow'],
    ['Read "Tomorrow" by Smith today', 'Read "Tomorrow" by Smith'],
    ['\\tomorrow never \\#dies p1', 'tomorrow never #dies'],
    ['Fix #123 at http://a.example/#top', 'Fix #123 at http://a.example/#top'],
    ['Write 5" pipe, tomorrow', 'Write 5" pipe'],
    ['C#sharp !loud p5', 'C#sharp !loud p5'],
    ['  several   blanks ', 'several blanks'],
  ];
  for (const [text, title] of titles) assert.equal((await read(text)).title, title, text);
  assert.deepEqual((await read('x #Home #HOME #a')).tags, ['Home', 'a']);
  const many = await read(Array.from({ length: 30 }, (_, n) => `#t${n}`).join(' '));
  assert.equal(many.tags.length, 20);
});

test('clocks that jump: a time twice is the first, one that is left out is as much later', () => {
  const berlin = createWallClock('Europe/Berlin');
  const at = (hour: number, minute: number) => ({ hour, minute, second: 0 });
  const spring = { year: 2027, month: 3, day: 28 };
  assert.equal(berlin.toInstant({ ...spring, ...at(2, 30) }).toISOString(), '2027-03-28T01:30:00.000Z');
  assert.equal(berlin.toInstant({ ...spring, ...at(3, 30) }).toISOString(), '2027-03-28T01:30:00.000Z');
  const autumn = { year: 2027, month: 10, day: 31 };
  assert.equal(berlin.toInstant({ ...autumn, ...at(2, 30) }).toISOString(), '2027-10-31T00:30:00.000Z');
  assert.equal(berlin.toInstant({ ...autumn, ...at(3, 30) }).toISOString(), '2027-10-31T02:30:00.000Z');
  assert.deepEqual(['Europe/Berlin', 'UTC', 'Mars/Olympus', ''].map(isTimeZone), [true, true, false, false]);
});

test('any time in any zone is found again on its clock', () => {
  const zones = [
    'UTC',
    'Europe/Berlin',
    'America/St_Johns',
    'Australia/Lord_Howe',
    'Pacific/Apia',
    'Africa/Casablanca',
  ];
  const times = fc.date({ min: new Date('1971-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
  const property = fc.property(fc.constantFrom(...zones), times, (zone, time) => {
    const clock = createWallClock(zone);
    const whole = new Date(Math.floor(time.getTime() / 1000) * 1000);
    const shown = new Date(whole.getTime() + clock.offsetAt(whole) * 60_000);
    const [year, month, day] = [shown.getUTCFullYear(), shown.getUTCMonth() + 1, shown.getUTCDate()];
    const [hour, minute, second] = [shown.getUTCHours(), shown.getUTCMinutes(), shown.getUTCSeconds()];
    const found = clock.toInstant({ year, month, day, hour, minute, second });
    // In the hour that comes twice, the first one is meant.
    assert.ok(found <= whole && clock.offsetAt(found) >= clock.offsetAt(whole));
    if (clock.offsetAt(found) === clock.offsetAt(whole)) assert.equal(found.getTime(), whole.getTime());
  });
  fc.assert(property, { numRuns: 500 });
});

test('any text is read in no time, and no word of it gets lost', async () => {
  const words = fc.constantFrom(
    'tomorrow',
    '9am',
    '#a',
    '#"b c"',
    '!high',
    'p1',
    '//',
    '"',
    '\\',
    'milk',
    'in',
    '2',
    'days',
    'by',
    '3/4',
  );
  const texts = fc.oneof(
    fc.array(words, { maxLength: 60 }).map((list) => list.join(' ')),
    fc.string({ maxLength: 300, unit: 'grapheme' }),
  );
  const property = fc.asyncProperty(texts, async (text) => {
    const started = performance.now();
    const { title, parts } = await read(text);
    assert.ok(performance.now() - started < 500);
    const rest = [...parts.map((part) => part.text), title].join(' ').replaceAll(/[\s\\",;]/g, '');
    const lost = [...text.replaceAll(/[\s\\",;]/g, '')].filter((character) => !rest.includes(character));
    assert.deepEqual(lost, []);
    // Read once more, a title in quotes says the same.
    if (title !== '' && !/["\\]/.test(title)) assert.equal((await read(`"${title}"`)).title, title);
  });
  await fc.assert(property, { numRuns: 500 });
});
