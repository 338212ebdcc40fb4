import type { ParsedResult } from 'chrono-node/en';
import { createWallClock, type WallClock } from './wall-clock.ts';

/** When somebody reads a text, and where. */
export interface Reader {
  readonly now: Date;
  /** IANA name. */
  readonly timeZone: string;
}

/** A stretch of a text, from `start` to before `end`. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** When something is due, and the words that say so. */
export interface DuePhrase {
  readonly dueDate: Date;
  readonly stretches: readonly Stretch[];
}

/** Small words before a date that go with it. */
const LEADS = /(?:^|\s)(?:due(?: by| on| at)?|by|on|at|before)\s+$/i;
const TIMES_OF_DAY = /\b(?:morning|afternoon|evening|night|tonight|noon|midday|midnight)\b/i;
/** A length of time is a date only if it says from when it counts. */
const COUNTED = /^(?:in|within|next|this)\s|\s(?:from now|later)$/i;
/** Which number is the day depends on the country, except where the year comes first. */
const AMBIGUOUS = /^\d{1,2}[/.-]\d{1,2}(?:[/.-]\d+)?(?:\s|$)/;
/** Words that mean something else at least as often. */
const EVERYDAY = /^(?:sun|sat|wed|now)$/i;
const PAST = /^(?:last|past)\s|\sago$/i;
/** The last day that has a date and a time in RFC 3339, less one for the zone. */
const LATEST = Date.UTC(9999, 11, 30);

/**
 * Finds the English words that say when something is due: the last that name a day, with the last that name a time. A day
 * without a time means its first minute. What is a range, lies in the past tense or could be read in two ways is
 * left alone. The library that knows dates is loaded by the first text: most processes never see one.
 */
export async function findDuePhrase(text: string, { now, timeZone }: Reader): Promise<DuePhrase | undefined> {
  const { casual } = await import('chrono-node/en');
  const clock = createWallClock(timeZone);
  const reference = { instant: now, timezone: clock.offsetAt(now) };
  const found = casual.parse(text, reference, { forwardDate: true }).filter((result) => isMeant(text, result));
  const last = found.at(-1);
  if (!last) return undefined;
  const partner = found.findLast(
    (result) => namesDay(result) !== namesDay(last) && namesTime(result) !== namesTime(last),
  );
  const phrases = partner ? [last, partner] : [last];
  const dueDate = dateOf(phrases.find(namesDay) ?? last, phrases.find(namesTime), clock);
  const isPossible = dueDate.getTime() >= 0 && dueDate.getTime() < LATEST;
  return isPossible ? { dueDate, stretches: phrases.map((phrase) => stretchOf(text, phrase)) } : undefined;
}

function isMeant(text: string, { text: words, start, end, index }: ParsedResult): boolean {
  if (end || AMBIGUOUS.test(words) || PAST.test(words)) return false;
  if (EVERYDAY.test(words)) return LEADS.test(text.slice(0, index));
  if (start.tags().has('result/relativeDate')) return COUNTED.test(words);
  return ['day', 'weekday', 'hour'].some((part) => start.isCertain(part as 'day'));
}

const namesDay = ({ start }: ParsedResult) => start.isCertain('day') || start.isCertain('weekday') || isRelative(start);
const namesTime = ({ start, text }: ParsedResult) => start.isCertain('hour') || TIMES_OF_DAY.test(text);
const isRelative = (start: ParsedResult['start']) => start.tags().has('result/relativeDate');

function dateOf({ start: day }: ParsedResult, timed: ParsedResult | undefined, clock: WallClock): Date {
  // With an offset, or counted in hours, it is a point in time already.
  if (timed?.start === day && day.isCertain('timezoneOffset')) return day.date();
  const of = (from: ParsedResult['start'] | undefined, part: 'hour' | 'minute' | 'second') => from?.get(part) ?? 0;
  return clock.toInstant({
    year: day.get('year') ?? 0,
    month: day.get('month') ?? 1,
    day: day.get('day') ?? 1,
    hour: of(timed?.start, 'hour'),
    minute: of(timed?.start, 'minute'),
    second: of(timed?.start, 'second'),
  });
}

function stretchOf(text: string, { index, text: words }: ParsedResult): Stretch {
  const lead = LEADS.exec(text.slice(0, index))?.[0] ?? '';
  return { start: index - lead.length, end: index + words.length };
}
