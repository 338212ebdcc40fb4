import type { Answer } from './answer.ts';
import { type Attempt, sendOnce } from './attempt.ts';
import { clientError, isTaskClientError, TaskClientError } from './client-error.ts';
import { pause, startDeadline, untilAborted } from './deadline.ts';
import type { CallOptions, Settings } from './options.ts';
import { createRequest, randomId } from './request.ts';
import { isWorthRepeating, waitAfter } from './retry.ts';
import type { Route } from './route-table.ts';
import { createSlots } from './slots.ts';
import type { Credentials } from './tokens.ts';

/** Carries out one operation, with as many requests as it takes. */
export type Perform = (route: Route, input: object, options: CallOptions) => Promise<Answer<unknown>>;

/** One call between its requests. */
interface Call extends Attempt {
  key: string | undefined;
  token: string | undefined;
  failures: number;
  renewals: number;
  lastFailure: TaskClientError | undefined;
}

const MAX_RENEWALS = 2;

/** Makes the function that all calls of a client go through. */
export function createPerform(settings: Settings, credentials: () => Credentials): Perform {
  const inSlot = createSlots(settings.maxConcurrent);
  let keylessUntil = 0;

  /** Those whose repetition would be answered otherwise, although nothing happens twice. */
  const needsKey = ({ isKeyed, method }: Route, { ifMatch }: CallOptions): boolean =>
    isKeyed === true &&
    (method === 'POST' || method === 'DELETE' || ifMatch !== undefined) &&
    Date.now() >= keylessUntil;

  const attempt = (call: Call) => inSlot(() => sendOnce(settings, call));

  /** Resolves with true when another request may succeed, after the wait that it takes. */
  const recover = async (call: Call, error: TaskClientError): Promise<boolean> => {
    const { route, options, deadline } = call;
    if (error.code === 'auth.token_invalid' && !route.isPublic && call.renewals < MAX_RENEWALS) {
      call.renewals += 1;
      return untilAborted(deadline.signal, credentials().renew(call.token));
    }
    if (error.code === 'idempotency.too_many' && options.idempotencyKey === undefined && call.key !== undefined) {
      keylessUntil = Date.now() + (error.retryAfter ?? 0) * 1000;
      call.key = undefined;
      return true;
    }
    const wait = waitAfter(call.failures, error);
    const isLast = call.failures >= (options.retries ?? settings.retries) || wait > deadline.left();
    if (isLast || !isWorthRepeating(error, isRepeatable(call))) return false;
    call.failures += 1;
    call.lastFailure = error;
    await pause(wait, deadline.signal);
    return true;
  };

  const sendUntilAnswered = async (call: Call): Promise<Answer<unknown>> => {
    const { route, deadline } = call;
    for (;;) {
      if (!route.isPublic) call.token = await untilAborted(deadline.signal, credentials().access());
      const outcome = await untilAborted(deadline.signal, attempt(call));
      if (!(outcome instanceof TaskClientError)) return outcome;
      if (!(await recover(call, outcome))) throw outcome;
    }
  };

  return async (route, input, options) => {
    const key = options.idempotencyKey ?? (needsKey(route, options) ? randomId() : undefined);
    const parts = createRequest(route, input);
    const requestId = options.requestId ?? randomId();
    const deadline = startDeadline(options.timeout ?? settings.timeout, options.signal);
    const progress = { key, token: undefined, failures: 0, renewals: 0, lastFailure: undefined };
    const call: Call = { route, options, parts, requestId, deadline, ...progress };
    try {
      return await sendUntilAnswered(call);
    } catch (error) {
      throw deadline.signal.aborted && !isTaskClientError(error) ? explainEnd(call) : error;
    } finally {
      deadline.end();
    }
  };
}

/** Without a key a repeated change that asks for a version would fail on its own effect. */
const isRepeatable = ({ route, key, options }: Call): boolean =>
  route.isKeyed && key !== undefined ? true : route.isRepeatable === true && options.ifMatch === undefined;

function explainEnd({ options: { signal }, requestId, lastFailure }: Call): TaskClientError {
  if (signal?.aborted)
    return clientError('client.aborted', 'The call was aborted', { requestId, cause: signal.reason });
  return clientError('client.timeout', 'The call took too long', { requestId, cause: lastFailure });
}
