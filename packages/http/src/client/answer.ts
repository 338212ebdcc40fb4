import { clientError } from './client-error.ts';
import { parse, readError } from './error-answer.ts';
import type { Route } from './route-table.ts';

/** Lists of 100 tasks with descriptions of full length are about a tenth of it. */
const MAX_BYTES = 32 * 1024 * 1024;

/** What an operation was answered with. */
export interface Answer<Data> {
  readonly data: Data;
  readonly status: number;
  readonly requestId: string;
  /** Names this state of the resource, for `ifMatch`; absent where the answer is none. */
  readonly etag: string | undefined;
  /** True where an earlier call with the same idempotency key was answered so. */
  readonly isReplayed: boolean;
  readonly headers: Headers;
}

/**
 * Reads what the server said to the request `requestId`.
 * @throws TaskClientError for everything but a success; what the connection throws
 */
export async function readAnswer(response: Response, route: Route, requestId: string): Promise<Answer<unknown>> {
  const { status, headers } = response;
  const isRedirect = response.type === 'opaqueredirect' || (status >= 300 && status < 400);
  if (isRedirect) {
    await response.body?.cancel();
    const target = headers.get('Location');
    const message = `The server sends callers elsewhere${target ? `, to ${target}` : ''}: set \`url\` to what it is`;
    throw clientError('client.redirected', message, { requestId, status });
  }
  const text = await readText(response, requestId);
  if (status >= 400) throw readError(response, text, requestId);
  const body = parse(text);
  const isExpected = route.isSilent ? status === 204 : typeof body === 'object' && body !== null;
  if (!isExpected) {
    throw clientError('client.answer_invalid', 'This is no answer of a task app: check `url`', { requestId, status });
  }
  return {
    data: route.isSilent ? undefined : reviveDates(body, route.dates ?? []),
    status,
    requestId: headers.get('X-Request-Id') ?? requestId,
    etag: headers.get('ETag') ?? undefined,
    isReplayed: headers.get('Idempotency-Replayed') === 'true',
    headers,
  };
}

async function readText({ body }: Response, requestId: string): Promise<string> {
  if (!body) return '';
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > MAX_BYTES) {
      await reader.cancel();
      throw clientError('client.answer_too_large', `The answer has more than ${MAX_BYTES} bytes`, { requestId });
    }
    text += decoder.decode(value, { stream: true });
  }
}

function reviveDates(body: unknown, paths: readonly string[]): unknown {
  for (const path of paths) reviveAt(body, path.split('.'));
  return body;
}

function reviveAt(value: unknown, [name = '', ...rest]: readonly string[]): void {
  if (typeof value !== 'object' || value === null) return;
  const holder = value as Record<string, unknown>;
  for (const key of name === '*' ? Object.keys(holder) : [name]) {
    const member = holder[key];
    if (rest.length > 0) reviveAt(member, rest);
    else if (typeof member === 'string') holder[key] = new Date(member);
  }
}
