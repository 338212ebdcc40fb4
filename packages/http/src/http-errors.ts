import { ERRORS, type ErrorCode, type ErrorKind } from '@taskapp/core';

/** One way to fail over HTTP: a stable code, its status, and the message people read. */
export interface HttpErrorSpec {
  readonly code: string;
  readonly status: number;
  readonly message: string;
}

/** The status of every kind of failure that the core knows. */
export const STATUS_OF: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  precondition: 412,
  unprocessable: 422,
  rate_limited: 429,
  unavailable: 503,
};

const UNAVAILABLE = 'Service unavailable';

/** What HTTP itself refuses, before any operation runs, and what it says of failures that nobody foresaw. */
export const httpErrors = {
  malformedUrl: { code: 'http.malformed_url', status: 400, message: 'Malformed URL' },
  malformedJson: { code: 'http.malformed_json', status: 400, message: 'Malformed JSON' },
  malformedRequest: { code: 'http.malformed_request', status: 400, message: 'Malformed request' },
  metricsToken: { code: 'http.metrics_token_required', status: 401, message: 'Metrics token required' },
  routeNotFound: { code: 'http.route_not_found', status: 404, message: 'Route not found' },
  methodNotAllowed: { code: 'http.method_not_allowed', status: 405, message: 'Method not allowed' },
  requestTimeout: { code: 'http.request_timeout', status: 408, message: 'Request timeout' },
  bodyTooLarge: { code: 'http.body_too_large', status: 413, message: 'Request body too large' },
  uriTooLong: { code: 'http.uri_too_long', status: 414, message: 'URI too long' },
  unsupportedMediaType: { code: 'http.unsupported_media_type', status: 415, message: 'Unsupported media type' },
  headersTooLarge: { code: 'http.headers_too_large', status: 431, message: 'Request headers too large' },
  /** Nobody receives this one: the client went away while it was sending. */
  clientClosed: { code: 'http.client_closed_request', status: 499, message: 'Client closed request' },
  internal: { code: 'internal.error', status: 500, message: 'Internal server error' },
  starting: { code: 'http.starting', status: 503, message: UNAVAILABLE },
  overloaded: { code: 'http.overloaded', status: 503, message: UNAVAILABLE },
  docsMissing: { code: 'http.docs_missing', status: 503, message: UNAVAILABLE },
} as const satisfies Readonly<Record<string, HttpErrorSpec>>;

/** What a server answers because it decided to, while nothing is broken. */
const DELIBERATE: ReadonlySet<string> = new Set<ErrorCode | (typeof httpErrors)[keyof typeof httpErrors]['code']>([
  'http.starting',
  'http.overloaded',
  'auth.overloaded',
]);

/** True where a 503 needs nobody's attention. */
export const isDeliberate = (code: string | undefined): boolean => code !== undefined && DELIBERATE.has(code);

/** What a core error is over HTTP. A 503 never says more than that, whatever broke. */
export const toHttpError = ({
  code,
  kind,
  message,
}: {
  code: string;
  kind: ErrorKind;
  message: string;
}): HttpErrorSpec => ({
  code,
  status: STATUS_OF[kind],
  message: kind === 'unavailable' ? UNAVAILABLE : message,
});

const coreErrors: ReadonlyMap<string, HttpErrorSpec> = new Map(ERRORS.map((spec) => [spec.code, toHttpError(spec)]));

/** The core's own error, for the refusals that a transport makes in its place. */
export const coreError = (code: ErrorCode): HttpErrorSpec => coreErrors.get(code) ?? httpErrors.internal;

/** What a refusal may carry besides its spec. */
export interface RefusalExtras {
  /** One line for each thing that is wrong, prefixed by where it travelled: `body.email: ...`. */
  readonly errors?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

const REFUSAL = Symbol('refusal');

/** An error that `refuse` threw. */
export type Refusal = Error & RefusalExtras & { readonly [REFUSAL]: HttpErrorSpec };

/** The spec behind an error that `refuse` threw; undefined for every other error. */
export const refusalOf = (error: unknown): { spec: HttpErrorSpec; extras: RefusalExtras } | undefined =>
  error instanceof Error && REFUSAL in error
    ? { spec: (error as Refusal)[REFUSAL], extras: error as Refusal }
    : undefined;

/** Ends a request with the answer that `spec` describes. */
export function refuse(spec: HttpErrorSpec, { errors, headers, cause }: RefusalExtras = {}): never {
  const error = new Error(spec.message, cause === undefined ? undefined : { cause });
  throw Object.assign(error, { [REFUSAL]: spec, code: spec.code }, errors && { errors }, headers && { headers });
}
