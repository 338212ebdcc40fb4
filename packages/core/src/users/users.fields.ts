import * as z from 'zod';
import { text } from '../kernel/fields.ts';

const EMAIL = 'Invalid email address';

/** An e-mail address as typed; it is compared by `normalizeEmail`. */
export const email = z
  .string({ error: EMAIL })
  .trim()
  .max(254, EMAIL)
  .regex(z.regexes.email, EMAIL)
  .refine((value) => value.lastIndexOf('@') <= 64, EMAIL)
  .meta({ format: 'email', examples: ['ada@example.com'] })
  .describe('E-mail address');

export const name = text({ max: 100, required: 'Name is required' })
  .meta({ examples: ['Ada'] })
  .describe('Name as shown to people');

export const role = z.enum(['USER', 'ADMIN']).describe('What the user may do');

/** The key that an address is unique by: two spellings that a mail server may deliver alike are one account. */
export const normalizeEmail = (address: string): string => address.trim().normalize('NFC').toLowerCase();

/** A user as everybody but the user and administrators sees them. */
export const account = z.object({
  id: z.uuid(),
  email: z.string().meta({ examples: ['ada@example.com'] }),
  name: z.string().meta({ examples: ['Ada'] }),
  role,
});

export const user = account
  .extend({
    disabledAt: z
      .date()
      .nullable()
      .meta({ examples: [null] })
      .describe('When an administrator locked the account; null: never'),
    version: z.int(),
    createdAt: z.date(),
    updatedAt: z.date(),
  })
  .meta({ id: 'User' });

export type UserView = z.output<typeof user>;
