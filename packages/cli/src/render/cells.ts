import { wallTimeOf } from '../terminal/zones.ts';
import type { Row } from './result.ts';

/** A value in one line of text for programs: dates in ISO 8601, things by their name, `null` as nothing. */
export function toText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(toText).join(', ');
  if (typeof value !== 'object') return String(value);
  const { name } = value as Row;
  return typeof name === 'string' ? name : JSON.stringify(value);
}

/** The same for people at a terminal: dates in their zone, to the minute, and of a record what it says. */
export function toDisplay(value: unknown, timeZone?: string): string {
  if (value instanceof Date) return toLocalMinute(value, timeZone);
  if (typeof value !== 'object' || value === null || Array.isArray(value) || 'name' in value) return toText(value);
  return Object.values(value)
    .filter(Boolean)
    .map((part) => toDisplay(part, timeZone))
    .join(' ');
}

function toLocalMinute(date: Date, timeZone: string | undefined): string {
  const { year, month, day, hour, minute } = timeZone === undefined ? localTimeOf(date) : wallTimeOf(date, timeZone);
  const pad = (number: number) => String(number).padStart(2, '0');
  return `${year}-${pad(month)}-${pad(day)} ${pad(hour)}:${pad(minute)}`;
}

/** Without the tables of all zones and languages, which take longer to load than a list to print. */
const localTimeOf = (date: Date) => ({
  year: date.getFullYear(),
  month: date.getMonth() + 1,
  day: date.getDate(),
  hour: date.getHours(),
  minute: date.getMinutes(),
});
