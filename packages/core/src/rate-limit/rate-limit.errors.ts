import { defineErrors } from '../kernel/errors.ts';

export const rateLimitErrors = defineErrors({
  exceeded: { code: 'rate_limit.exceeded', kind: 'rate_limited', message: 'Too many requests' },
  concurrent: { code: 'rate_limit.too_many_concurrent', kind: 'rate_limited', message: 'Too many requests' },
});
