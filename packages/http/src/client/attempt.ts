import { type Answer, readAnswer } from './answer.ts';
import { clientError, isTaskClientError, type TaskClientError } from './client-error.ts';
import { type Deadline, startDeadline, untilAborted } from './deadline.ts';
import type { CallOptions, Settings } from './options.ts';
import type { RequestParts } from './request.ts';
import type { Route } from './route-table.ts';

/** What one request of a call is made of. */
export interface Attempt {
  readonly route: Route;
  readonly options: CallOptions;
  readonly parts: RequestParts;
  readonly requestId: string;
  /** Of the whole call. */
  readonly deadline: Deadline;
  /** Its idempotency key. */
  readonly key: string | undefined;
  readonly token: string | undefined;
}

/** Sends one request; what it failed with is a value, unless the whole call is over. */
export async function sendOnce(settings: Settings, call: Attempt): Promise<Answer<unknown> | TaskClientError> {
  const { route, parts, requestId, deadline } = call;
  const init = { method: route.method, headers: createHeaders(settings, call), body: parts.body ?? null };
  const limit = startDeadline(settings.attemptTimeout, deadline.signal);
  const { signal } = limit;
  const exchange = async () => {
    signal.throwIfAborted();
    // Followed blindly, a redirect could take the token anywhere.
    const response = await settings.fetch(settings.base + parts.path, {
      ...init,
      signal,
      redirect: 'manual',
    });
    return readAnswer(response, route, requestId);
  };
  try {
    return await untilAborted(signal, exchange());
  } catch (error) {
    if (isTaskClientError(error)) return error;
    if (deadline.signal.aborted) throw error;
    if (signal.aborted) return clientError('client.timeout', 'The server did not answer in time', { requestId });
    return clientError('client.network', describeNetwork(error), { requestId, cause: error });
  } finally {
    limit.end();
  }
}

function describeNetwork(error: unknown): string {
  const { cause = error } = Object(error) as { readonly cause?: unknown };
  const { code } = Object(cause) as { readonly code?: unknown };
  return `The server cannot be reached${typeof code === 'string' ? ` (${code})` : ''}`;
}

function createHeaders({ headers: given }: Settings, { parts, key, token, requestId, options }: Attempt): Headers {
  const headers = new Headers(given);
  headers.set('Accept', 'application/json');
  headers.set('X-Request-Id', requestId);
  if (parts.body !== undefined) headers.set('Content-Type', 'application/json');
  if (options.ifMatch !== undefined) headers.set('If-Match', toTag(options.ifMatch));
  if (key !== undefined) headers.set('Idempotency-Key', key);
  if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
  return headers;
}

/** Servers compare the version at the beginning of a tag, and look at nothing behind it. */
const toTag = (version: number | string): string => (typeof version === 'number' ? `"${version}-v"` : version);
