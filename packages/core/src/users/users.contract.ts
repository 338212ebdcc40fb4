import * as z from 'zod';
import { authErrors } from '../auth/auth.errors.ts';
import { defineContract } from '../kernel/contract.ts';
import { id as anyId, limit, page } from '../kernel/fields.ts';
import { givenPassword, newPassword } from '../passwords/password.fields.ts';
import { userErrors } from './users.errors.ts';
import { email, name, role, user } from './users.fields.ts';

const id = anyId.describe('User id');

export const usersContract = defineContract({
  me: {
    summary: 'Get my account',
    access: 'self',
    http: 'GET /users/me',
    input: z.strictObject({}),
    output: user,
    errors: [userErrors.notFound],
  },
  updateMe: {
    summary: 'Change my name or e-mail address',
    description: 'A new e-mail address needs `currentPassword`. Absent fields stay as they are.',
    access: 'self',
    http: 'PATCH /users/me',
    input: z.strictObject({
      name: name.optional(),
      email: email.optional(),
      currentPassword: givenPassword.optional().describe('Required to change the e-mail address'),
    }),
    output: user,
    errors: [userErrors.notFound, userErrors.emailTaken, userErrors.passwordWrong, authErrors.passwordQueue],
  },
  removeMe: {
    summary: 'Delete my account with all its tasks and tags',
    access: 'self',
    http: 'DELETE /users/me',
    input: z.strictObject({ currentPassword: givenPassword }),
    errors: [userErrors.notFound, userErrors.passwordWrong, authErrors.passwordQueue],
  },
  list: {
    summary: 'List accounts, newest first',
    access: 'admin',
    http: 'GET /users',
    input: z.strictObject({
      page: page.default(1),
      limit,
      email: email.optional().describe('Only the account with this address'),
    }),
    output: z.object({
      users: z.array(user),
      pagination: z.object({
        page: z.int(),
        limit: z.int().meta({ examples: [20] }),
        total: z.int(),
        totalPages: z.int(),
      }),
    }),
  },
  create: {
    summary: 'Create an account for somebody',
    access: 'admin',
    http: 'POST /users',
    input: z.strictObject({ email, name, password: newPassword, role: role.default('USER') }),
    output: user,
    status: 201,
    errors: [userErrors.emailTaken, authErrors.passwordQueue],
  },
  get: {
    summary: 'Get an account',
    access: 'admin',
    http: 'GET /users/:id',
    input: z.strictObject({ id }),
    output: user,
    errors: [userErrors.notFound],
  },
  update: {
    summary: 'Change the role of an account, lock or unlock it',
    description: 'Locking ends all sessions of the user; both take effect at once.',
    access: 'admin',
    http: 'PATCH /users/:id',
    input: z.strictObject({
      id,
      role: role.optional(),
      disabled: z.boolean().optional().describe('true locks the account, false unlocks it'),
    }),
    output: user,
    errors: [userErrors.notFound],
  },
  remove: {
    summary: 'Delete an account with all its tasks and tags',
    access: 'admin',
    http: 'DELETE /users/:id',
    input: z.strictObject({ id }),
    errors: [userErrors.notFound],
  },
});
