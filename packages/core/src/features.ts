import type { contracts } from './operations.ts';

/** What each feature is about, for documents. */
export const FEATURES: Readonly<Record<keyof typeof contracts, string>> = {
  auth: 'Sign up, sign in, renew tokens, and end sessions of my own',
  users: 'My account; for administrators, the accounts of everybody',
  sessions: 'The sessions of others, for administrators',
  tasks: 'What needs doing',
  tags: 'Names and colours to find tasks by',
  events: 'What happened, for administrators',
};
