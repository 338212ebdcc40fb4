import { type Access, isKeyed, type NamedOperation } from '@taskapp/core';
import { isVersioned } from './openapi-errors.ts';

const NEEDS: Readonly<Record<Access, string>> = {
  public: 'Needs no token.',
  optional: 'Takes a token, and can do without.',
  user: 'Needs a token.',
  self: 'Needs a token.',
  admin: 'For administrators.',
};

/** The limit that a call counts against. */
export const limitOf = ({ limit, access }: NamedOperation): string => limit ?? (access === 'public' ? 'ip' : 'user');

function tellLimit(operation: NamedOperation): string {
  const limit = limitOf(operation);
  return `Counts against the limit \`${limit}\` of ${limit === 'user' ? 'the user' : 'the address that it comes from'}.`;
}

/** What an operation does beyond its summary, who may call it, and what callers can rely on. */
export function proseOf(operation: NamedOperation): string {
  const rules = [
    NEEDS[operation.access],
    tellLimit(operation),
    ...(isKeyed(operation) ? ['With an `Idempotency-Key` it can be repeated without a second effect.'] : []),
    ...(isVersioned(operation) ? ['With `If-Match` it has no effect on what others have changed meanwhile.'] : []),
  ].join(' ');
  return operation.description ? `${operation.description}\n\n${rules}` : rules;
}
