import { isTaskClientError } from './client-error.ts';

/** What a session is kept by. With a refresh token alone the first call gets an access token. */
export interface Tokens {
  readonly accessToken?: string | undefined;
  readonly refreshToken?: string | undefined;
}

/**
 * Where the tokens of a session are kept. The client remembers nothing beside it, so that several clients (tabs,
 * processes) can share one: whoever renews the tokens renews them for all.
 */
export interface TokenStore {
  get(): Tokens | null | undefined | Promise<Tokens | null | undefined>;
  /** Called with the next pair before it is used, and with `undefined` once the session is over. */
  set(tokens: Tokens | undefined): unknown;
}

/** Keeps tokens as long as the program runs; `initial` continues an earlier session. */
export function keepInMemory(initial?: Tokens): TokenStore {
  let kept = initial;
  return {
    get: () => kept,
    set: (tokens) => {
      kept = tokens;
    },
  };
}

/** Whose calls these are. */
export interface Credentials {
  /** The access token to send; undefined where there is none. */
  access(): Promise<string | undefined>;
  /** Gets another one in place of one that was refused; resolves with false where there is none. */
  renew(refused: string | undefined): Promise<boolean>;
  refreshToken(): Promise<string | undefined>;
  /** Keeps the pair of an answer that has one. */
  keep(data: unknown): Promise<void>;
  /** The session is over. */
  forget(): Promise<void>;
}

/** What the server says of a refresh token that will never be good again. */
const SPENT: readonly string[] = ['auth.refresh_invalid', 'auth.refresh_reused', 'input.invalid'];

/** Tokens of a store, renewed by `exchange`; however many calls need it at once, it is asked once. */
export function createSession(store: TokenStore, exchange: (refreshToken: string) => Promise<unknown>): Credentials {
  let renewal: Promise<boolean> | undefined;
  const readTokens = async (): Promise<Tokens> => (await store.get()) ?? {};

  const renewOnce = async (refused: string | undefined): Promise<boolean> => {
    const { accessToken, refreshToken } = await readTokens();
    // Another call, tab or process was faster.
    if (accessToken !== undefined && accessToken !== refused) return true;
    if (refreshToken === undefined) return false;
    const isOurs = async () => (await readTokens()).refreshToken === refreshToken;
    const pair = await exchange(refreshToken).catch(async (error: unknown) => {
      if (!isTaskClientError(error) || !SPENT.includes(error.code)) throw error;
      if (!(await isOurs())) return undefined;
      await store.set(undefined);
      throw error;
    });
    // Whoever changed the store meanwhile has signed out, or holds tokens that are newer than these.
    if (isPair(pair) && (await isOurs())) await store.set(pairOf(pair));
    return true;
  };
  const renew = (refused: string | undefined): Promise<boolean> => {
    renewal ??= renewOnce(refused).finally(() => {
      renewal = undefined;
    });
    return renewal;
  };

  return {
    renew,
    access: async () => {
      const { accessToken, refreshToken } = await readTokens();
      if (accessToken !== undefined || refreshToken === undefined) return accessToken;
      await renew(undefined);
      return (await readTokens()).accessToken;
    },
    refreshToken: async () => (await readTokens()).refreshToken,
    keep: async (data) => void (isPair(data) && (await store.set(pairOf(data)))),
    forget: async () => void (await store.set(undefined)),
  };
}

/** A token that is none of the client's business but to send it. */
export function createFixedToken(token: string | (() => string | Promise<string>)): Credentials {
  const access = async () => (typeof token === 'string' ? token : token());
  return {
    access,
    renew: async (refused) => typeof token !== 'string' && (await access()) !== refused,
    refreshToken: async () => undefined,
    keep: async () => undefined,
    forget: async () => undefined,
  };
}

type Pair = { readonly accessToken: string; readonly refreshToken: string };

const isPair = (data: unknown): data is Pair =>
  typeof data === 'object' && data !== null && 'accessToken' in data && 'refreshToken' in data;

const pairOf = ({ accessToken, refreshToken }: Pair): Pair => ({ accessToken, refreshToken });
