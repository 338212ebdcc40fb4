/** What one check of `taskctl doctor` found. */
export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** Nothing to do. */
export const ok = (name: string, detail: string): Check => ({ name, status: 'ok', detail });

/** It works, but not as well or as safely as it could. */
export const warn = (name: string, detail: string, fix: string): Check => ({ name, status: 'warn', detail, fix });

/** It does not work. */
export const fail = (name: string, detail: string, fix: string): Check => ({ name, status: 'fail', detail, fix });
