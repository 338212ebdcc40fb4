import { isTaskAppError, type Logger, type TaskAppError } from '@taskapp/core';
import type { Context, Middleware } from 'koa';
import { leaveToKoa } from './answer.ts';
import { envelope, problem, tryAgainIn } from './error-bodies.ts';
import {
  coreError,
  type HttpErrorSpec,
  httpErrors,
  isDeliberate,
  type RefusalExtras,
  refusalOf,
  toHttpError,
} from './http-errors.ts';
import { type RequestScope, scopeOf } from './request-scope.ts';

/** What one failure is answered with. */
interface Answer extends RefusalExtras {
  readonly spec: HttpErrorSpec;
}

const CHALLENGE = 'Bearer realm="taskapp"';
const JSON_TYPE = 'application/json';
const PROBLEM_TYPE = 'application/problem+json';
const RETRY_AFTER_SECONDS = 5;
const UNSTORABLE = coreError('input.unstorable');
/** Answers after which what is left of the request cannot be trusted or is not worth reading. */
const CLOSING: readonly number[] = [408, 413, 431];

/** Renders every failure in the one error shape; unexpected ones are logged with their stack and say nothing outside. */
export const renderErrors =
  (log: Logger): Middleware =>
  async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const scope = scopeOf(ctx);
      leaveToKoa(ctx);
      const answer = describe(error, scope);
      scope.code = answer.spec.code;
      report(log, { error, requestId: scope.requestId }, answer.spec);
      send(ctx, answer);
    }
  };

function describe(error: unknown, scope: RequestScope): Answer {
  const refusal = refusalOf(error);
  if (refusal) return { ...refusal.extras, spec: refusal.spec, headers: { ...refusal.extras.headers } };
  if (isTaskAppError(error)) return describeTaskAppError(error, scope);
  return { spec: httpErrors.internal };
}

function describeTaskAppError(error: TaskAppError, { placeOf = () => 'body' }: RequestScope): Answer {
  const spec = toHttpError(error);
  const problems = error.problems?.map(({ path, message }) => {
    const place = placeOf(path.split('.', 1)[0] ?? '');
    return `${path ? `${place}.${path}` : place}: ${message}`;
  });
  const retryAfter = error.retryAfter ?? (spec.status === 503 ? RETRY_AFTER_SECONDS : undefined);
  const errors = error.kind === 'rate_limited' && retryAfter !== undefined ? [tryAgainIn(retryAfter)] : problems;
  return {
    spec,
    ...(errors && { errors }),
    ...(retryAfter !== undefined && { headers: { 'Retry-After': `${retryAfter}` } }),
  };
}

function report(log: Logger, failure: { error: unknown; requestId: string }, { status, code }: HttpErrorSpec): void {
  if (status === 500) log.error('Request failed', failure);
  else if (code === UNSTORABLE.code) log.error('validation_gap', failure);
  else if (status > 500 && !isDeliberate(code)) log.warn('Request refused', { reason: code, ...failure });
}

function send(ctx: Context, { spec, errors, headers = {} }: Answer): void {
  if (ctx.headerSent) {
    // Half an answer cannot be taken back; a broken connection tells the client that it is not whole.
    ctx.respond = false;
    ctx.req.socket.destroy();
    return;
  }
  const { requestId, challenge = CHALLENGE } = scopeOf(ctx);
  if (spec.status === 401) ctx.set('WWW-Authenticate', challenge);
  if (CLOSING.includes(spec.status)) ctx.set('Connection', 'close');
  ctx.set({ ...headers });
  ctx.status = spec.status;
  ctx.vary('Accept');
  const type = ctx.accepts(JSON_TYPE, PROBLEM_TYPE) === PROBLEM_TYPE ? PROBLEM_TYPE : JSON_TYPE;
  ctx.type = type;
  ctx.body = JSON.stringify((type === PROBLEM_TYPE ? problem : envelope)(spec, requestId, errors));
}
