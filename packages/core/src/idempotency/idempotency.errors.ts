import { defineErrors } from '../kernel/errors.ts';

export const idempotencyErrors = defineErrors({
  malformed: {
    code: 'idempotency.key_malformed',
    kind: 'invalid',
    message: 'An idempotency key is 1 to 255 visible ASCII characters',
  },
  reused: {
    code: 'idempotency.key_reused',
    kind: 'unprocessable',
    message: 'This idempotency key was used for a different request',
  },
  inProgress: {
    code: 'idempotency.in_progress',
    kind: 'conflict',
    message: 'A request with this idempotency key is in progress',
  },
  tooMany: { code: 'idempotency.too_many', kind: 'rate_limited', message: 'Too many requests' },
});
