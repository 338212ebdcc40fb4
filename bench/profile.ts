import { readFile } from 'node:fs/promises';

/** What this file uses of a profile as V8 writes it; times are microseconds of the machine's steady clock. */
interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
  readonly startTime: number;
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

/** Places shown of each kind. */
const TOP = 25;

/** Now, on the clock of profiles. */
export const profileClock = (): number => Number(process.hrtime.bigint() / 1000n);

/** The flags that make Node write a profile of its whole life to `folder`. */
export const profileFlags = (folder: string, name: string): string[] => [
  '--cpu-prof',
  `--cpu-prof-dir=${folder}`,
  `--cpu-prof-name=${name}`,
];

/** Tells where the time of a profile went from `since` on, without waiting: by package or module, and by function. */
export async function summarize(file: string, since: number): Promise<string> {
  const profile: Profile = JSON.parse(await readFile(file, 'utf8'));
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const [places, functions] = [new Map<string, number>(), new Map<string, number>()];
  let [at, total] = [profile.startTime, 0];
  for (const [n, id] of profile.samples.entries()) {
    const spent = profile.timeDeltas[n] ?? 0;
    at += spent;
    const frame = frames.get(id);
    if (!frame || at < since || frame.functionName === '(idle)') continue;
    total += spent;
    const place = placeOf(frame.url) || frame.functionName;
    add(places, place, spent);
    add(functions, `${frame.functionName || '(anonymous)'}  ${place}:${frame.lineNumber + 1}`, spent);
  }
  return [
    `${file}: ${(total / 1e6).toFixed(1)} s of work, self time in percent`,
    table(places, total),
    table(functions, total),
  ].join('\n\n');
}

const add = (sums: Map<string, number>, key: string, spent: number) => void sums.set(key, (sums.get(key) ?? 0) + spent);

/** `koa` for what is installed, `http/routes.js` for what is ours, `node:net` for what comes with Node. */
function placeOf(url: string): string {
  const installed = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  return installed ?? url.replace(/^file:.*\/packages\/(\w+)\/(?:dist|src)\//, '$1/');
}

function table(sums: ReadonlyMap<string, number>, total: number): string {
  const rows = [...sums].sort(([, one], [, other]) => other - one).slice(0, TOP);
  return rows.map(([name, spent]) => `${((100 * spent) / total).toFixed(1).padStart(6)}  ${name}`).join('\n');
}
