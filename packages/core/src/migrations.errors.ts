import { defineErrors } from './kernel/errors.ts';

/** Errors of `migrate` and `rollback`; nothing was changed. */
export const migrationErrors = defineErrors({
  locked: {
    code: 'migration.locked',
    kind: 'unavailable',
    message: 'Another process has been migrating for a minute',
  },
  blocked: {
    code: 'migration.blocked',
    kind: 'unavailable',
    message: 'Other transactions keep the tables locked: end them, or migrate when there are none',
  },
  unknown: {
    code: 'migration.unknown',
    kind: 'conflict',
    message: 'The database has had migrations that this version does not know',
  },
});
