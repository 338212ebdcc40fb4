import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { closeConnections } from './client/http.ts';
import { type Cluster, startCluster } from './cluster/cluster.ts';
import { checkAlways } from './oracles.ts';
import { formatTable, summarize, writeReport } from './report.ts';
import { createRow, type Row, type Scenario, type World } from './scenario.ts';
import { scenarios } from './scenarios/index.ts';

const { values: given } = parseArgs({
  options: {
    long: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    write: { type: 'boolean', default: false },
    /** How long the soak lasts, in seconds. */
    soak: { type: 'string', default: '300' },
    /** Keeps the figures in a file; `--from` reads them again instead of running anything. */
    json: { type: 'string' },
    from: { type: 'string' },
  },
});

/** `--only F-03 --only F-04` or `--only F-03,F-04`; all scenarios without it. */
function chooseScenarios(): Scenario[] {
  const wanted = given.only.flatMap((ids) => ids.split(','));
  const unknown = wanted.filter((id) => !scenarios.some((scenario) => scenario.id === id));
  if (unknown.length > 0) throw new Error(`No such scenario: ${unknown.join(', ')}`);
  const isWanted = ({ id, isLongOnly }: Scenario) =>
    wanted.length > 0 ? wanted.includes(id) : given.long || !isLongOnly;
  return scenarios.filter(isWanted);
}

async function runScenario(scenario: Scenario, cluster: Cluster): Promise<Row> {
  const row = createRow();
  const world: World = {
    cluster,
    row,
    isLong: given.long,
    soakMs: Number(given.soak) * 1000,
    pick: (short, long) => (given.long ? long : short),
    expect: (condition, failure) => {
      if (!condition) row.failures.push(failure);
    },
    note: (text) => row.notes.push(text),
  };
  const started = performance.now();
  process.stdout.write(`${scenario.id} ${scenario.title} ... `);
  await scenario.run(world).catch((error: Error) => row.failures.push(`the scenario broke off: ${error.stack}`));
  await checkAlways(world).catch((error: Error) => row.failures.push(`the checks broke off: ${error.stack}`));
  const word = row.isImpossible ? 'cannot run here' : row.failures.length > 0 ? 'FAILED' : 'ok';
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${word} (${seconds} s)${row.notes.length > 0 ? `: ${row.notes.join('; ')}` : ''}\n`);
  for (const failure of summarize(row.failures)) process.stdout.write(`    ${failure}\n`);
  return row;
}

let cluster: Cluster | undefined;
let isInterrupted = false;
const stop = () => {
  isInterrupted = true;
  void cluster?.stop().then(() => process.exit(130));
};
process.on('SIGINT', stop).on('SIGTERM', stop);

async function runAll(): Promise<Map<Scenario, Row>> {
  const results = new Map<Scenario, Row>();
  const chosen = chooseScenarios();
  try {
    cluster = await startCluster();
    for (const scenario of chosen) if (!isInterrupted) results.set(scenario, await runScenario(scenario, cluster));
  } finally {
    await cluster?.stop();
    closeConnections();
  }
  return results;
}

async function readAll(file: string): Promise<Map<Scenario, Row>> {
  const rows = JSON.parse(await readFile(file, 'utf8')) as ({ id: string } & Row)[];
  const find = (id: string) => scenarios.find((scenario) => scenario.id === id) as Scenario;
  return new Map(rows.map(({ id, ...row }) => [find(id), row]));
}

const results = await (given.from ? readAll(given.from) : runAll());
process.stdout.write(`\n${formatTable(results)}\n`);
if (given.json)
  await writeFile(
    given.json,
    JSON.stringify(
      [...results].map(([{ id }, row]) => ({ id, ...row })),
      null,
      2,
    ),
  );
if (given.write) await writeReport(results, given.long);
const failed = [...results].filter(([, { failures }]) => failures.length > 0).map(([{ id }]) => id);
if (failed.length > 0) process.stdout.write(`\nFailed: ${failed.join(', ')}\n`);
// All that was started has ended; connections that clients keep for later would hold the process for a minute.
process.exit(failed.length > 0 ? 1 : 0);
