import type { HttpErrorSpec } from './http-errors.ts';

/** The body of every error answer. */
export const envelope = ({ message, code }: HttpErrorSpec, requestId: string, errors?: readonly string[]) => ({
  status: 'error',
  message,
  ...(errors && { errors }),
  code,
  requestId,
});

/** The same for callers that prefer `application/problem+json` (RFC 9457). */
export const problem = ({ status, message, code }: HttpErrorSpec, requestId: string, errors?: readonly string[]) => ({
  type: `urn:taskapp:${code}`,
  title: message,
  status,
  detail: errors?.join('; ') ?? message,
  instance: requestId,
  ...(errors && { errors }),
  code,
});

/** The line that a 429 carries. */
export const tryAgainIn = (seconds: number): string => `Rate limit exceeded. Try again in ${seconds} seconds.`;
