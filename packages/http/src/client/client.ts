import type { OperationId } from '@taskapp/core';
import type { Answer } from './answer.ts';
import { isTaskClientError } from './client-error.ts';
import { type CallOptions, readOptions, type TaskClientOptions } from './options.ts';
import { createPages } from './pages.ts';
import { createPerform } from './perform.ts';
import type { Route } from './route-table.ts';
import { routes } from './routes.ts';
import type { TaskClient } from './services.ts';
import { type Credentials, createFixedToken, createSession, keepInMemory } from './tokens.ts';

type Send = (id: string, input?: object, options?: CallOptions) => Promise<Answer<unknown>>;

/**
 * Makes a client of a task app's HTTP API, for Node and browsers. It sends nothing by itself, starts no timer of its
 * own and needs no closing.
 *
 * @throws TypeError for options that cannot work
 */
export function createTaskClient(options: TaskClientOptions): TaskClient {
  const perform = createPerform(readOptions(options), () => credentials);
  const exchange = async (refreshToken: string) => (await perform(findRenewal(), { refreshToken }, {})).data;
  const credentials: Credentials =
    options.token === undefined
      ? createSession(options.tokens ?? keepInMemory(), exchange)
      : createFixedToken(options.token);

  const send: Send = async (id, input = {}, callOptions = {}) => {
    const route = findRoute(id);
    if (route.tokens === 'end') return endSession(route, input, callOptions);
    const answer = await perform(route, input, callOptions);
    await credentials.keep(answer.data);
    return answer;
  };
  const endSession = async (route: Route, input: object, callOptions: CallOptions) => {
    const refreshToken = await credentials.refreshToken();
    const outcome = await perform(route, { refreshToken, ...input }, callOptions).catch((error: unknown) => error);
    const isOver = !(outcome instanceof Error) || (isTaskClientError(outcome) && outcome.kind === 'unauthenticated');
    if (isOver) await credentials.forget();
    if (outcome instanceof Error) throw outcome;
    return outcome as Answer<unknown>;
  };
  const call = async (id: string, input?: object, callOptions?: CallOptions) =>
    (await send(id, input, callOptions)).data;

  return { ...createMethods(call), call, send } as unknown as TaskClient;
}

type Call = (id: string, input?: object, options?: CallOptions) => Promise<unknown>;

function createMethods(call: Call): Record<string, Record<string, unknown>> {
  const features: Record<string, Record<string, unknown>> = {};
  for (const [id, { pages }] of Object.entries(routes)) {
    const [feature = '', name = ''] = id.split('.');
    const method = (input?: object, options?: CallOptions) => call(id, input, options);
    features[feature] ??= {};
    features[feature][name] = pages ? Object.assign(method, createPages(pages, method)) : method;
  }
  return features;
}

function findRoute(id: string): Route {
  if (!Object.hasOwn(routes, id)) throw new TypeError(`There is no operation "${id}"`);
  return routes[id as OperationId];
}

const findRenewal = (): Route => Object.values(routes).find(({ tokens }) => tokens === 'renew') as Route;
