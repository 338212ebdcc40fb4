import type { ScenarioName } from '../load/requests.ts';
import { type Measurement, type Measurements, spread } from '../measure.ts';
import { compare, type Goal } from './goal.ts';

/** Requests a second, as a share of those of the references. */
const RATES: Readonly<Record<ScenarioName, { readonly fastify: number; readonly floor?: number }>> = {
  'cached list': { fastify: 1, floor: 0.6 },
  'uncached list': { fastify: 1.3 },
  get: { fastify: 1 },
  patch: { fastify: 0.9 },
  create: { fastify: 0.8 },
  mix: { fastify: 1.2 },
};
const MIX_CPU = 1.5;

/** The middle of the ratios of each round: whatever disturbed a round disturbed both. */
function ratio(ours: readonly Measurement[], theirs: readonly Measurement[], of: (run: Measurement) => number): number {
  return spread(ours.map((run, round) => of(run) / of(theirs[round] ?? run))).median;
}

/** What was wanted of a scenario. */
export function throughputGoals(scenario: ScenarioName, { taskapp, fastify, floor }: Measurements): Goal[] {
  const wanted = RATES[scenario];
  const rate = ({ perSecond }: Measurement) => perSecond;
  const cpu = ({ cpuUs }: Measurement) => cpuUs;
  return [
    compare(`${scenario}: requests a second, of Fastify + SQL`, ratio(taskapp, fastify, rate), { min: wanted.fastify }),
    ...(wanted.floor === undefined
      ? []
      : [
          compare(`${scenario}: requests a second, of the bare server`, ratio(taskapp, floor, rate), {
            min: wanted.floor,
          }),
        ]),
    ...(scenario === 'mix'
      ? [compare('mix: server CPU a request, of the bare server', ratio(taskapp, floor, cpu), { max: MIX_CPU })]
      : []),
  ];
}
