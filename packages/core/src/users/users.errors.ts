import { defineErrors } from '../kernel/errors.ts';

export const userErrors = defineErrors({
  notFound: { code: 'user.not_found', kind: 'not_found', message: 'User not found' },
  emailTaken: { code: 'user.email_taken', kind: 'conflict', message: 'Email already registered' },
  passwordWrong: { code: 'user.password_wrong', kind: 'forbidden', message: 'Current password is wrong' },
});
