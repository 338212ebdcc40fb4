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

/** The same for people at a terminal: dates in local time, to the minute, and of a record what it says. */
export function toDisplay(value: unknown): string {
  if (value instanceof Date) return toLocalMinute(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value) || 'name' in value) return toText(value);
  return Object.values(value).filter(Boolean).map(toDisplay).join(' ');
}

function toLocalMinute(date: Date): string {
  const pad = (number: number) => String(number).padStart(2, '0');
  const day = [date.getFullYear(), pad(date.getMonth() + 1), pad(date.getDate())].join('-');
  return `${day} ${pad(date.getHours())}:${pad(date.getMinutes())}`;
}
