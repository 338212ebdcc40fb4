import * as z from 'zod';
import { FORBIDDEN_CHARACTERS, isStorable } from '../kernel/fields.ts';

/** `default` asks for an upper-case letter and a digit, `nist` for 15 characters and no composition (SP 800-63B). */
export type PasswordPolicy = 'default' | 'nist';

const MAX_LENGTH = 256;
const lengthOf = (value: string) => [...value].length;
const base = z
  .string({ error: ({ input }) => (input === undefined ? 'Password is required' : 'Must be a string') })
  .refine(isStorable, FORBIDDEN_CHARACTERS)
  .refine((value) => lengthOf(value) <= MAX_LENGTH, `Password must be at most ${MAX_LENGTH} characters`)
  .meta({ maxLength: MAX_LENGTH, examples: ['Password123'] });

/** With as many characters as people count: code points, not the units that JavaScript stores. */
const ofLength = (min: number) =>
  base
    .refine((value) => lengthOf(value) >= min, `Password must be at least ${min} characters`)
    .meta({ minLength: min, maxLength: MAX_LENGTH });

/** One that both policies take. */
const EXAMPLE = { examples: ['Password12345678'] };
const DESCRIPTION = 'Kept as a hash only; any characters, spaces included';

/** The password of a new account, by policy; every rule that it breaks is listed. */
export const newPasswordFor: Readonly<Record<PasswordPolicy, z.ZodString>> = {
  default: ofLength(8)
    .regex(/[A-Z]/, 'Password must contain an uppercase letter')
    .regex(/[0-9]/, 'Password must contain a number')
    .meta(EXAMPLE)
    .describe(DESCRIPTION),
  nist: ofLength(15).meta(EXAMPLE).describe(DESCRIPTION),
};

export const newPassword = newPasswordFor.default;

/** A password to compare with: any that could ever have been set. */
export const givenPassword = base.min(1, 'Password is required').meta(EXAMPLE).describe('The password of the account');

type AnyOperations = Readonly<Record<string, { readonly input: z.ZodObject }>>;

/** The contract with the fields of new passwords as `policy` wants them. */
export function withPasswordPolicy<C extends AnyOperations>(contract: C, policy: PasswordPolicy): C {
  if (policy === 'default') return contract;
  const replaced = Object.entries(contract).map(([name, operation]) => {
    const fields = Object.entries(operation.input.shape).filter(([, field]) => field === newPassword);
    const strict = Object.fromEntries(fields.map(([field]) => [field, newPasswordFor[policy]]));
    return [name, { ...operation, input: operation.input.extend(strict) }];
  });
  return Object.fromEntries(replaced) as C;
}
