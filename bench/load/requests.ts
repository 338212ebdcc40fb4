import { idOf, type Size } from '../world/data.ts';

/** One request as autocannon takes it. */
export interface LoadRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export type ScenarioName = 'cached list' | 'uncached list' | 'get' | 'patch' | 'create' | 'mix';

/** What the requests of a run are made from. */
export interface LoadPlan {
  readonly scenario: ScenarioName;
  readonly size: Size;
  /** Another number for every run, so that no run repeats what another has cached. */
  readonly run: number;
  /** Tokens of users 1 and up. */
  readonly tokens: readonly string[];
}

const PAGE = 20;
const HOT_USERS = 100;
const MIX_USERS = 500;
/** A client starts again when it has sent all of its requests. */
const PER_CLIENT = 600;

/** Like Math.random, and the same in every run. */
function createDice(seed: number): (sides: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** The requests that client `index` of `clients` sends in turn. */
export function requestsOf(plan: LoadPlan, index: number, clients: number): LoadRequest[] {
  const dice = createDice(plan.run * 1000 + index);
  const make = MAKERS[plan.scenario];
  return Array.from({ length: PER_CLIENT }, (_, n) => make({ plan, dice, n, serial: n * clients + index }));
}

interface Step {
  readonly plan: LoadPlan;
  readonly dice: (sides: number) => number;
  /** The number of the request in its client. */
  readonly n: number;
  /** Its number among those of all clients. */
  readonly serial: number;
}

const headersOf = ({ tokens }: LoadPlan, user: number) => ({ authorization: `Bearer ${tokens[user - 1]}` });
/** So many users of all, where there are so many. */
const among = ({ plan }: Step, users: number) => Math.min(users, plan.size.users);
const get = (plan: LoadPlan, user: number, path: string): LoadRequest => ({
  method: 'GET',
  path,
  headers: headersOf(plan, user),
});
const send = (plan: LoadPlan, user: number, method: 'POST' | 'PATCH', path: string, body: object): LoadRequest => ({
  method,
  path,
  headers: { ...headersOf(plan, user), 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

const patchTask = ({ plan, dice, n }: Step, users: number): LoadRequest => {
  const user = 1 + dice(users);
  const id = idOf('task', user, 1 + dice(plan.size.tasksPerUser));
  // Never what the task is called already, also when the client starts again.
  return send(plan, user, 'PATCH', `/api/tasks/${id}`, { title: `Renamed ${plan.run}.${n}`, status: 'IN_PROGRESS' });
};
const createTask = ({ plan, dice, serial }: Step, users: number): LoadRequest =>
  send(plan, 1 + dice(users), 'POST', '/api/tasks', {
    title: `New task ${serial}`,
    description: 'Something to be done. '.repeat(4),
    priority: 'HIGH',
  });
const getTask = ({ plan, dice }: Step, users: number): LoadRequest => {
  const user = 1 + dice(users);
  return get(plan, user, `/api/tasks/${idOf('task', user, 1 + dice(plan.size.tasksPerUser))}`);
};
const firstPage = ({ plan, dice }: Step, users: number): LoadRequest => get(plan, 1 + dice(users), '/api/tasks');

/** Each page once before any page twice; the size of a page differs by two at most, so that there are enough of them. */
const nextPage = ({ plan, serial }: Step): LoadRequest => {
  const { users, tasksPerUser } = plan.size;
  const pages = Math.floor(tasksPerUser / PAGE);
  const [user, page] = [1 + (serial % users), 1 + (Math.floor(serial / users) % pages)];
  const limit = PAGE - (Math.floor(serial / (users * pages)) % 3);
  return get(plan, user, `/api/tasks?page=${page}&limit=${limit}`);
};

const MAKERS: Readonly<Record<ScenarioName, (step: Step) => LoadRequest>> = {
  'cached list': (step) => firstPage(step, HOT_USERS),
  'uncached list': nextPage,
  get: (step) => getTask(step, step.plan.size.users),
  patch: (step) => patchTask(step, step.plan.size.users),
  create: (step) => createTask(step, step.plan.size.users),
  mix: (step) => {
    const users = among(step, MIX_USERS);
    const roll = step.dice(100);
    if (roll < 70) return firstPage(step, users);
    if (roll < 85) return getTask(step, users);
    return roll < 95 ? createTask(step, users) : patchTask(step, users);
  },
};
