import { defineErrors } from '../kernel/errors.ts';

export const hostUserErrors = defineErrors({
  accountsElsewhere: {
    code: 'auth.external',
    kind: 'invalid',
    message: 'Accounts and sessions of this app are the business of its host',
  },
  signInRequired: { code: 'auth.sign_in_required', kind: 'unauthenticated', message: 'Sign in first' },
  idTaken: { code: 'user.id_taken', kind: 'conflict', message: 'The id of this user belongs to another account' },
});
