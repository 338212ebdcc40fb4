import type { TokenStore } from './tokens.ts';

/** What a client needs of `fetch`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface TaskClientOptions {
  /** Where the server is, with the prefix below which it is mounted; in pages also relative to the page. */
  readonly url: string | URL;
  /** Keeps the tokens of the session; by default in memory, where nobody is signed in at first. */
  readonly tokens?: TokenStore | undefined;
  /** An access token that somebody else renews, in place of `tokens`. A function is asked before every request. */
  readonly token?: string | (() => string | Promise<string>) | undefined;
  /** Sends the requests; the platform's own by default. */
  readonly fetch?: Fetch | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Names the program in the list of sessions; browsers send their own. */
  readonly userAgent?: string | undefined;
  /** Milliseconds that a call may take in all, waiting and repeating included; 30,000 by default. */
  readonly timeout?: number | undefined;
  /** Milliseconds after which one request is given up, and repeated where that is safe; 10,000 by default. */
  readonly attemptTimeout?: number | undefined;
  /** How often a request is repeated; 3 by default. */
  readonly retries?: number | undefined;
  /** Requests at the same time, the others wait; 6 by default. The server refuses more than 10 of one user. */
  readonly maxConcurrent?: number | undefined;
}

/** What can be said about one call. */
export interface CallOptions {
  /** Ends the call with `client.aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** The version, or the ETag, that the resource must still have: `task.version`. */
  readonly ifMatch?: number | string | undefined;
  /** Names the call: repeated within a day it is answered as before. Made by the client where it is absent. */
  readonly idempotencyKey?: string | undefined;
  /** Names the call in the server's log; made by the client where it is absent. */
  readonly requestId?: string | undefined;
  /** As in the client's own options. */
  readonly timeout?: number | undefined;
  /** As in the client's own options. */
  readonly retries?: number | undefined;
}

/** The options of a client with their defaults. */
export interface Settings {
  readonly base: string;
  readonly fetch: Fetch;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeout: number;
  readonly attemptTimeout: number;
  readonly retries: number;
  readonly maxConcurrent: number;
}

/** @throws TypeError for a URL that cannot be one of a server, and for numbers that make no sense */
export function readOptions(options: TaskClientOptions): Settings {
  const { headers = {}, userAgent, timeout = 30_000, attemptTimeout = 10_000, retries = 3 } = options;
  const { maxConcurrent = 6, fetch = (url, init) => globalThis.fetch(url, init) } = options;
  if (options.token !== undefined && options.tokens) throw new TypeError('Give `token` or `tokens`, not both');
  for (const [name, value] of Object.entries({ timeout, attemptTimeout, retries, maxConcurrent })) {
    const least = name === 'retries' ? 0 : 1;
    if (!(value >= least)) throw new TypeError(`\`${name}\` must be a number from ${least}`);
  }
  return {
    base: readBase(options.url),
    fetch,
    headers: { ...headers, ...(userAgent !== undefined && { 'User-Agent': userAgent }) },
    timeout,
    attemptTimeout,
    retries,
    maxConcurrent,
  };
}

function readBase(given: string | URL): string {
  const { location } = globalThis as { readonly location?: { readonly href: string } };
  const { protocol, username, password, origin, pathname } = new URL(given, location?.href);
  if (protocol !== 'http:' && protocol !== 'https:') throw new TypeError('`url` must start with http: or https:');
  if (username !== '' || password !== '') throw new TypeError('`url` must not hold a user name or a password');
  return origin + (pathname.endsWith('/') ? pathname.slice(0, -1) : pathname);
}
