import type { NamedOperation, OperationId } from '@taskapp/core';
import type { TaskClientOptions } from '@taskapp/http/client';
import { failCli } from '../failures.ts';
import type { Settings } from '../settings/settings.ts';
import { readVersion } from '../terminal/commands.ts';
import type { Globals } from '../terminal/globals.ts';
import type { Run } from '../terminal/run.ts';
import { readLines } from '../terminal/stdin.ts';
import { type CredentialsFile, openCredentials } from './credentials.ts';
import { createRenewingFetch } from './renewal.ts';
import type { CallFacts, Session } from './session.ts';

type Remote = Globals & { readonly url: string };

const TOKEN_WINS = {
  message: 'An access token is given, and what signs in would not count',
  hint: 'Sign in without TASKCTL_TOKEN and --token-stdin.',
};

/** Opens a session on a server: with the token that is given, or as who has signed in with `taskctl auth login`. */
export async function openRemoteSession(run: Run, globals: Remote, facts: CallFacts): Promise<Session> {
  const { url, settings } = globals;
  const { isTrial, idempotencyKey } = facts;
  if (isTrial) failCli('cli.usage', '--dry-run works on a database: a server does what it is asked to do');
  refuseActor(settings);
  const token = globals.tokenStdin ? await readToken(run) : tokenOf(settings);
  const credentials = openCredentials(run.io, { profile: settings.profile.value, url });
  const { createTaskClient } = await import('@taskapp/http/client');
  const client = createTaskClient({ url, ...authOf(token, credentials), userAgent: `taskctl/${readVersion()}` });
  const { operations } = await import('@taskapp/core');
  const operationOf = (id: OperationId) => operations.find((operation) => operation.id === id) as NamedOperation;
  const { signal } = run.io;
  return {
    url,
    operationOf,
    call: async (id, input, { ifMatch } = {}) => {
      if (token === undefined && needsSignIn(operationOf(id), input) && !credentials.get()) failSignedOut(url);
      const answer = await client.call(id, input as never, { signal, idempotencyKey, ifMatch });
      return withoutTokens(answer ?? {});
    },
    ...(token !== undefined && { noTokens: TOKEN_WINS }),
  };
}

/** A server knows who calls by the token; acting as somebody else would be refused there, or worse, not be noticed. */
function refuseActor({ values: { as } }: Settings): void {
  if (as === undefined || as.origin.startsWith('profile ')) return;
  const source = as.origin === 'flag' ? '--as' : `TASKCTL_AS (${as.origin})`;
  failCli('cli.usage', `${source} is for a database: on a server everybody acts as who has signed in`, {
    hint: 'Use a profile for each account: `taskctl auth login --profile <name>`.',
  });
}

async function readToken({ io }: Run): Promise<string> {
  const [token = '', ...more] = await readLines(io);
  if (token.trim() === '' || more.length > 0) failCli('cli.usage', 'stdin must hold exactly one line: the token');
  return token.trim();
}

/** A folder must not be able to send the token of the shell that works in it somewhere else. */
function tokenOf({ token, values: { url } }: Settings): string | undefined {
  if (token?.origin === 'environment' && url?.origin === '.env') {
    failCli('cli.usage', 'TASKCTL_TOKEN is in the environment, and only .env says for which server', {
      hint: `Give the server yourself if it is meant: --url ${url.value}`,
    });
  }
  return token?.value;
}

function authOf(token: string | undefined, credentials: CredentialsFile): Omit<TaskClientOptions, 'url'> {
  return token === undefined ? { tokens: credentials, fetch: createRenewingFetch(credentials) } : { token };
}

const needsSignIn = ({ access }: NamedOperation, input: Readonly<Record<string, unknown>>): boolean =>
  access !== 'public' && input.refreshToken === undefined;

const failSignedOut = (url: string): never =>
  failCli('cli.signed_out', `Nobody is signed in at ${url}`, { hint: 'Sign in: `taskctl auth login`.' });

/** Tokens are kept in a file, and shown to nobody. */
function withoutTokens(answer: object): Record<string, unknown> {
  const { accessToken: _access, refreshToken: _refresh, ...others } = answer as Record<string, unknown>;
  return others;
}
