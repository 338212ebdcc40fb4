const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const LOCAL_TIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(:\d{2})?)$/;
const AHEAD = /^\+(\d{1,4})([hdw])$/;

/** How a point in time may be written, for the help. */
export const DATE_HELP = '2027-01-31, 2027-01-31T17:00, today, tomorrow, +3d, or RFC 3339';

/**
 * Turns a date as people write it into RFC 3339. A date is its first minute and a time without an offset is local;
 * what is neither comes back unchanged, for validation to refuse.
 */
export function toTimestamp(text: string, now: Date = new Date()): string {
  const ahead = AHEAD.exec(text);
  if (ahead) return new Date(now.getTime() + Number(ahead[1]) * unit(ahead[2])).toISOString();
  if (text === 'today') return startOfDay(now, 0).toISOString();
  if (text === 'tomorrow') return startOfDay(now, 1).toISOString();
  if (DATE.test(text)) return local(text, '00:00') ?? text;
  const time = LOCAL_TIME.exec(text);
  return (time && local(time[1], time[2])) ?? text;
}

const unit = (letter: string | undefined) => (letter === 'h' ? HOUR_MS : letter === 'w' ? 7 * DAY_MS : DAY_MS);

const startOfDay = (now: Date, days: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days);

/** Undefined for a day that does not exist, which `Date` would move to another one. */
function local(day = '', time = ''): string | undefined {
  const midnight = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return undefined;
  const date = new Date(`${day}T${time}`);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
