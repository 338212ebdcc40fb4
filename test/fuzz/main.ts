import { parseArgs } from 'node:util';
import { answerProblems, closeConnections } from '../faults/client/http.ts';
import { checkAccess } from './access-matrix.ts';
import { assignColumns } from './columns.ts';
import { sendCorpus } from './corpus.ts';
import { fuzzInputs } from './inputs.ts';
import { sendMutations } from './mutations.ts';
import { followReferences } from './references.ts';
import { createReport, type Report } from './report.ts';
import { startSlowClients } from './slow.ts';
import { forgeTokens } from './tokens.ts';
import { sendRaw } from './wire.ts';
import { createWorld, type World } from './world.ts';

const { values: given } = parseArgs({
  options: {
    long: { type: 'boolean', default: false },
    seed: { type: 'string' },
    only: { type: 'string' },
  },
});
const seed = given.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given.seed);
const SHORT = { inputs: 1500, strings: 400, columns: 12, mutations: 2000, slow: 60, slowMs: 10_000 };
const LONG = { inputs: 12_000, strings: 6000, columns: 1000, mutations: 20_000, slow: 500, slowMs: 70_000 };
const size = given.long ? LONG : SHORT;

type Part = (world: World, report: Report) => Promise<void>;

/** The parts of a run, by the name that `--only` takes; slow clients are at work beside all of them. */
const PARTS: Readonly<Record<string, Part>> = {
  inputs: (world, report) => fuzzInputs(world, report, { seed, count: size.inputs }),
  strings: (world, report) => sendCorpus(world, report, { seed, count: size.strings }),
  columns: (world, report) => assignColumns(world, report, { seed, perOperation: size.columns }),
  tokens: forgeTokens,
  access: checkAccess,
  references: followReferences,
  mutations: (world, report) => sendMutations(world, report, { seed, count: size.mutations }),
  wire: sendRaw,
};
const SLOW = 'slow';

async function runPart(name: string, world: World, part: Part): Promise<boolean> {
  const report = createReport();
  const started = performance.now();
  await part(world, report).catch((error: Error) => report.fail(`broke off: ${error.stack}`));
  for (const problem of world.problems.splice(0)) report.fail(problem);
  for (const [problem, count] of answerProblems) report.fail(`${count} × ${problem}`);
  answerProblems.clear();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const { failures } = report;
  process.stdout.write(`${name}: ${failures.length > 0 ? 'FAILED' : 'ok'} (${seconds} s): ${report.summarize()}\n`);
  for (const failure of failures.slice(0, 40)) process.stdout.write(`    ${failure}\n`);
  return failures.length === 0;
}

async function run(world: World, names: readonly string[]): Promise<boolean> {
  let isGood = true;
  const runAll = async () => {
    for (const name of names.filter((name) => name !== SLOW))
      isGood = (await runPart(name, world, PARTS[name] ?? unknownPart(name))) && isGood;
  };
  if (!names.includes(SLOW)) await runAll();
  else {
    const isFair = await runPart(SLOW, world, async (world, report) => {
      const clients = await startSlowClients(world, report, { count: size.slow, measured: given.long });
      await runAll();
      await clients.check(report, size.slowMs);
    });
    isGood = isFair && isGood;
  }
  return isGood;
}

const unknownPart = (name: string): Part => {
  throw new Error(`There is no part ${name}`);
};

process.stdout.write(`seed ${seed}: \`npm run test:fuzz -- --seed ${seed}\` repeats the inputs\n`);
const world = await createWorld();
try {
  const isGood = await run(world, given.only?.split(',') ?? [SLOW, ...Object.keys(PARTS)]);
  process.exitCode = isGood ? 0 : 1;
} finally {
  await world.stop();
  closeConnections();
}
