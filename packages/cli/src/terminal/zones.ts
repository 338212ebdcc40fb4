import { failCli } from '../failures.ts';

/** The numbers on a calendar and a clock. */
export interface WallTime {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** The first zone that is given; one that nobody knows is refused. */
export function readTimeZone(...given: readonly (string | undefined)[]): string | undefined {
  const zone = given.find((text) => text?.trim())?.trim();
  if (zone === undefined) return undefined;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return failCli('cli.usage', `There is no time zone "${zone}"`, { hint: 'For example Europe/Berlin, or UTC.' });
  }
}

/** What calendar and clock show at this moment, in a zone or, without one, where the machine is. */
export function wallTimeOf(moment: Date, timeZone: string | undefined): WallTime {
  const options = { hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' } as const;
  const format = new Intl.DateTimeFormat('en-US', {
    ...options,
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    calendar: 'iso8601',
    ...(timeZone !== undefined && { timeZone }),
  });
  const parts = format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]);
  return Object.fromEntries(parts) as unknown as WallTime;
}

const asUtc = ({ year, month, day, hour, minute, second }: WallTime): number =>
  Date.UTC(year, month - 1, day, hour, minute, second);

/**
 * The moment at which calendar and clock of a zone show this. A time that is skipped when clocks go forward is the one
 * as long after the jump; of a time that comes twice it is the first.
 */
export function momentOf(wall: WallTime, timeZone: string | undefined): Date {
  const wanted = asUtc(wall);
  const offsetAt = (time: number) => asUtc(wallTimeOf(new Date(time), timeZone)) - Math.floor(time / 1000) * 1000;
  const day = 86_400_000;
  const offsets = [...new Set([offsetAt(wanted - day), offsetAt(wanted + day)])];
  const moments = offsets.map((offset) => wanted - offset);
  const fitting = moments.filter((time) => time + offsetAt(time) === wanted);
  return new Date(fitting.length > 0 ? Math.min(...fitting) : Math.max(...moments));
}
