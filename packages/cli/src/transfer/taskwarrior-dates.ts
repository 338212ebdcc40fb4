const STAMP = /^(\d{4})-?(\d{2})-?(\d{2})T(\d{2}):?(\d{2}):?(\d{2})Z$/;

/** Taskwarrior's `20270131T090000Z` as RFC 3339; undefined for what is none. */
export function readStamp(text: unknown): string | undefined {
  const [, ...parts] = (typeof text === 'string' && STAMP.exec(text)) || [];
  const [year = '', month = '', day = '', hour = '', minute = '', second = ''] = parts;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(date.getTime()) || !date.toISOString().includes(`-${day}T`) ? undefined : date.toISOString();
}

/** A moment as Taskwarrior writes it: to the second. */
export const toStamp = (moment: unknown): string | undefined =>
  moment === null || moment === undefined
    ? undefined
    : new Date(moment as string | Date).toISOString().replace(/[-:]|\.\d+/g, '');
