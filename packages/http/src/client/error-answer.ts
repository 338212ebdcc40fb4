import type { FieldProblem } from '@taskapp/core';
import { kindOf, TaskClientError } from './client-error.ts';
import { parseRetryAfter } from './retry.ts';

/** The value of JSON text; undefined where it is none. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The body of an error; anything else comes from a proxy, or from no task app at all. */
interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly requestId?: string;
  readonly errors?: readonly string[];
}

const isErrorBody = (body: unknown): body is ErrorBody =>
  typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string' && 'message' in body;

/** The error that an answer with a status of 400 or more stands for. */
export function readError({ status, headers }: Response, text: string, ownId: string): TaskClientError {
  const kind = kindOf(status);
  const body = parse(text);
  const retryAfter = parseRetryAfter(headers);
  const requestId = headers.get('X-Request-Id') ?? ownId;
  if (!isErrorBody(body)) {
    const message = `The answer is ${status} and not from a task app`;
    return new TaskClientError({ code: 'client.answer_invalid', kind, message, requestId, status, retryAfter });
  }
  const { code, message, errors } = body;
  const problems = kind === 'invalid' ? errors?.map(toProblem) : undefined;
  return new TaskClientError({
    code,
    kind,
    message,
    requestId: body.requestId ?? requestId,
    status,
    problems,
    retryAfter,
  });
}

/** `body.title: Required`: where the field travelled is of no interest to who called an operation. */
function toProblem(line: string): FieldProblem {
  const [, path = '', message = line] = /^(?:(?:body|query|params)\b\.?)?([^\s:]*): (.*)$/s.exec(line) ?? [];
  return { path, message };
}
