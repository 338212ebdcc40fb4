import { readEnvironments } from '../connection/environment.ts';
import type { CliIo } from '../terminal/io.ts';
import { SETTING_NAMES } from './setting-names.ts';
import type { Settings } from './settings.ts';

/** A value that counts; null: nobody says anything. */
export interface ListedValue {
  readonly name: string;
  readonly value: string | null;
  readonly origin: string;
}

const DEFAULTS: Readonly<Record<string, string>> = { output: 'table' };

/** Everything that decides where commands go and how they answer. What is secret is not shown. */
export function listValues(io: CliIo, { profile, values, token }: Settings): ListedValue[] {
  const settings = SETTING_NAMES.map((name) => {
    const { value = DEFAULTS[name] ?? null, origin = 'default' } = values[name] ?? {};
    return { name, value, origin };
  });
  const database = readEnvironments(io).find(({ variables }) => variables.DATABASE_URL);
  return [
    { name: 'profile', value: profile.value, origin: profile.origin },
    ...settings,
    { name: 'token', value: token ? '(set)' : null, origin: token?.origin ?? 'default' },
    {
      name: 'database',
      value: database ? withoutPassword(database.variables.DATABASE_URL ?? '') : null,
      origin: database?.origin ?? 'default',
    },
  ];
}

function withoutPassword(text: string): string {
  if (!URL.canParse(text)) return '(set)';
  const { protocol, username, host, pathname } = new URL(text);
  return `${protocol}//${username ? `${username}@` : ''}${host}${pathname}`;
}
