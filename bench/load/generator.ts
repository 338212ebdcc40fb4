// A process of its own: takes one job from its parent, sends the requests, answers with what it saw.

import autocannon from 'autocannon';
import type { LoadJob, LoadResult } from './load.ts';
import { requestsOf } from './requests.ts';

process.once('message', (job: LoadJob) => {
  run(job).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      process.stderr.write(`${error}\n`);
      process.exit(1);
    },
  );
});

async function run(job: LoadJob): Promise<LoadResult> {
  const { port, seconds, connections, rate } = job;
  let index = 0;
  const statuses: Record<string, number> = {};
  const result = await autocannon({
    url: `http://127.0.0.1:${port}`,
    connections,
    duration: seconds,
    timeout: 20,
    ...(rate && { overallRate: rate }),
    setupClient: (client) => {
      client.setRequests(requestsOf(job, index, connections) as autocannon.Request[]);
      index += 1;
      client.on('response', (status) => {
        statuses[status] = (statuses[status] ?? 0) + 1;
      });
    },
  });
  const broken = result.errors + result.timeouts;
  const { total } = result.requests;
  return {
    requests: total,
    perSecond: total / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    statuses: broken > 0 ? { ...statuses, broken } : statuses,
  };
}
