/** A time as a clock on the wall shows it, without saying where. `month` is 1 to 12. */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const DAY_MS = 86_400_000;

/** The clocks of one time zone. */
export interface WallClock {
  /** What they are ahead of UTC at `time`, in minutes. */
  offsetAt(time: Date): number;
  /**
   * When they show `wall`. Of a time that they show twice, as in autumn, the first one; one that they jump over, as in
   * spring, is as much later as they jump.
   */
  toInstant(wall: WallTime): Date;
}

/** True for the names that the IANA database has for time zones, such as `Europe/Berlin`. */
export function isTimeZone(name: string): boolean {
  try {
    formatFor(name);
    return true;
  } catch {
    return false;
  }
}

/** @throws RangeError for what `isTimeZone` refuses */
export function createWallClock(timeZone: string): WallClock {
  const format = formatFor(timeZone);
  const offsetMs = (time: number): number => {
    const parts = format.formatToParts(time).map(({ type, value }) => [type, Number(value)] as const);
    const { year, month, day, hour, minute, second } = Object.fromEntries(parts) as unknown as WallTime;
    const shown = utcOf({ year, month, day, hour, minute, second });
    return shown - Math.floor(time / 1000) * 1000;
  };
  return {
    offsetAt: (time) => Math.round(offsetMs(time.getTime()) / 60_000),
    toInstant: (wall) => {
      const asUtc = utcOf(wall);
      // No zone changes its clocks twice within two days.
      const [before, after] = [offsetMs(asUtc - DAY_MS), offsetMs(asUtc + DAY_MS)];
      const shows = (offset: number) => offsetMs(asUtc - offset) === offset;
      const offset = shows(before) ? before : shows(after) ? after : before;
      return new Date(asUtc - offset);
    },
  };
}

const formatFor = (timeZone: string) =>
  new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });

const utcOf = ({ year, month, day, hour, minute, second }: WallTime): number =>
  Date.UTC(year, month - 1, day, hour, minute, second);
