import { Agent, type IncomingHttpHeaders, request } from 'node:http';

/** An answer that was read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Body;
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into by tests only
export type Body = any;

export interface Call {
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly token?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** What is wrong with answers, whatever they are about. */
export const answerProblems = new Map<string, number>();

const agent = new Agent({ keepAlive: true, maxSockets: 4000, maxFreeSockets: 100 });
const TIMEOUT_MS = 20_000;

/** Sends one request, never twice. Rejects when no whole answer came. */
export function send({ port, method, path, token, body, headers, timeoutMs = TIMEOUT_MS }: Call): Promise<Answer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request({
      host: '127.0.0.1',
      port,
      method,
      path,
      agent,
      headers: {
        ...(token && { Authorization: `Bearer ${token}` }),
        ...(text !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
        ...headers,
      },
    });
    const timer = setTimeout(() => sent.destroy(new Error('client timeout')), timeoutMs);
    sent.on('error', reject);
    sent.on('close', () => clearTimeout(timer));
    sent.on('response', (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        if (!answer.complete) return reject(new Error('half an answer'));
        const read = { status: answer.statusCode ?? 0, headers: answer.headers, body: parse(Buffer.concat(chunks)) };
        check(path, read);
        resolve(read);
      });
    });
    sent.end(text);
  });
}

function parse(bytes: Buffer): Body {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return bytes.toString();
  }
}

function check(path: string, { status, headers, body }: Answer): void {
  const complain = (what: string) => {
    const problem = `${what} (${status} at ${path.replace(/[0-9a-f-]{36}/, ':id')})`;
    answerProblems.set(problem, (answerProblems.get(problem) ?? 0) + 1);
  };
  if (!headers['x-request-id']) complain('no X-Request-Id');
  if (status < 400 || ['/readyz', '/health'].includes(path)) return;
  const { status: word, message, code, requestId } = body ?? {};
  const isEnvelope = word === 'error' && [message, code, requestId].every((field) => typeof field === 'string');
  if (!isEnvelope) complain('not the error envelope');
  if (requestId !== headers['x-request-id']) complain('body and header name different requests');
  if (status === 500) complain(`internal error ${body?.requestId}`);
  if (status === 503 && !headers['retry-after']) complain('503 without Retry-After');
}

/** Ends idle connections. */
export const closeConnections = (): void => agent.destroy();
