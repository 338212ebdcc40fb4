import { type NamedOperation, networkOf, type RateLimiter, type RateLimitResult } from '@taskapp/core';
import type { Context } from 'koa';
import { setField } from './answer.ts';
import type { Bearer } from './bearer.ts';
import { tryAgainIn } from './error-bodies.ts';
import { coreError, refuse } from './http-errors.ts';
import { scopeOf } from './request-scope.ts';

type PolicyName = RateLimitResult['policy'];

/**
 * Charges a request to its budget: the operation's own by address, else the user's where the token is genuine, else
 * the address's. Sets the RateLimit headers (draft-ietf-httpapi-ratelimit-headers) on every answer.
 *
 * @throws 429 when the budget is used up
 */
export async function spendLimit(
  ctx: Context,
  limiter: RateLimiter,
  { limit }: NamedOperation,
  bearer: Bearer,
): Promise<void> {
  const spent =
    limit === undefined && bearer.kind === 'genuine'
      ? await limiter.consume('user', bearer.claims.userId)
      : await limiter.consume((limit ?? 'ip') as PolicyName, networkOf(scopeOf(ctx).ip));
  const { policy, remaining, resetSeconds, windowSeconds } = spent;
  setField(ctx, 'RateLimit-Policy', `"${policy}";q=${spent.limit};w=${windowSeconds}`);
  setField(ctx, 'RateLimit', `"${policy}";r=${remaining};t=${resetSeconds}`);
  if (spent.allowed) return;
  refuse(coreError('rate_limit.exceeded'), {
    errors: [tryAgainIn(resetSeconds)],
    headers: { 'Retry-After': `${resetSeconds}` },
  });
}
