import { parseArgs } from 'node:util';
import { answerProblems, closeConnections } from '../faults/client/http.ts';
import { checkAccess } from './access-matrix.ts';
import { fuzzInputs } from './inputs.ts';
import { createReport, type Report } from './report.ts';
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
const SHORT = 1500;
const LONG = 12_000;

/** The parts of a run, by the name that `--only` takes. */
const PARTS: Readonly<Record<string, (world: World, report: Report) => Promise<void>>> = {
  inputs: (world, report) => fuzzInputs(world, report, { seed, count: given.long ? LONG : SHORT }),
  tokens: (world, report) => forgeTokens(world, report),
  access: (world, report) => checkAccess(world, report),
  wire: (world, report) => sendRaw(world, report),
};

async function runPart(name: string, world: World): Promise<boolean> {
  const report = createReport();
  const started = performance.now();
  await PARTS[name]?.(world, report).catch((error: Error) => report.fail(`broke off: ${error.stack}`));
  for (const problem of world.problems.splice(0)) report.fail(problem);
  for (const [problem, count] of answerProblems) report.fail(`${count} × ${problem}`);
  answerProblems.clear();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const { failures } = report;
  process.stdout.write(`${name}: ${failures.length > 0 ? 'FAILED' : 'ok'} (${seconds} s): ${report.summarize()}\n`);
  for (const failure of failures.slice(0, 40)) process.stdout.write(`    ${failure}\n`);
  return failures.length === 0;
}

process.stdout.write(`seed ${seed}: \`npm run test:fuzz -- --seed ${seed}\` repeats the inputs\n`);
const world = await createWorld();
let isGood = true;
try {
  for (const name of given.only?.split(',') ?? Object.keys(PARTS)) isGood = (await runPart(name, world)) && isGood;
} finally {
  await world.stop();
  closeConnections();
}
process.exitCode = isGood ? 0 : 1;
