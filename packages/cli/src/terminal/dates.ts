import { momentOf, type WallTime, wallTimeOf } from './zones.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const LOCAL = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?$/;
const AHEAD = /^\+(\d{1,4})([hdw])$/;

/** How a point in time may be written, for the help. */
export const DATE_HELP = '2027-01-31, 2027-01-31T17:00, today, tomorrow, +3d, or RFC 3339';

/** Where and when a date was written. */
interface Setting {
  readonly now?: Date;
  readonly timeZone?: string | undefined;
}

/**
 * Turns a date as people write it into RFC 3339. A date is its first minute and a time without an offset is meant in
 * the zone; what is neither comes back unchanged, for validation to refuse.
 */
export function toTimestamp(text: string, { now = new Date(), timeZone }: Setting = {}): string {
  const ahead = AHEAD.exec(text);
  if (ahead) return new Date(now.getTime() + Number(ahead[1]) * unit(ahead[2])).toISOString();
  if (text === 'today') return startOfDay(now, 0, timeZone).toISOString();
  if (text === 'tomorrow') return startOfDay(now, 1, timeZone).toISOString();
  const wall = readWallTime(text);
  return wall ? momentOf(wall, timeZone).toISOString() : text;
}

const unit = (letter: string | undefined) => (letter === 'h' ? HOUR_MS : letter === 'w' ? 7 * DAY_MS : DAY_MS);

function startOfDay(now: Date, days: number, timeZone: string | undefined): Date {
  const { year, month, day } = wallTimeOf(now, timeZone);
  return momentOf({ year, month, day: day + days, hour: 0, minute: 0, second: 0 }, timeZone);
}

/** Undefined for a day or a time that does not exist, which `Date` would move to another one. */
function readWallTime(text: string): WallTime | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (LOCAL.exec(text) ?? [])
    .slice(1)
    .map((part) => Number(part ?? 0));
  const midnight = new Date(Date.UTC(year, month - 1, day));
  const isReal = midnight.getUTCMonth() === month - 1 && midnight.getUTCDate() === day && year >= 100;
  return isReal && hour < 24 && minute < 60 && second < 60 ? { year, month, day, hour, minute, second } : undefined;
}
