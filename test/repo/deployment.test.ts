import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ERRORS } from '@taskapp/core';
import { createHttpApp, createMetrics, httpErrors, loadConfig } from '@taskapp/http';
import supertest from 'supertest';
import { variables } from '../../packages/http/src/config.variables.ts';
import { createWorld, secrets } from '../support/world.ts';
import {
  getManifest,
  labelsIn,
  type Manifest,
  manifestFiles,
  metricsIn,
  parseYaml,
  readDeployed,
  readSamples,
  valuesIn,
} from './deployment.ts';

const source = (name: string): string => readFileSync(new URL(`../../packages/${name}`, import.meta.url), 'utf8');
const names = Object.keys(variables.shape);
const world = await createWorld({ redis: null });

/** A constant of the server, in seconds. */
function secondsOf(file: string, constant: string): number {
  const [, value] = new RegExp(`^const ${constant} = ([\\d_]+);$`, 'm').exec(source(`http/src/${file}`)) ?? [];
  return Number(value?.replaceAll('_', '')) / 1000;
}

/** The server exits by itself that long after SIGTERM. */
const HARD_STOP = secondsOf('supervise.ts', 'HARD_STOP_MS');
const GRACE = secondsOf('server.ts', 'GRACE_MS');

describe('the Kubernetes manifests', () => {
  const { data } = getManifest('ConfigMap');
  const deployment: Manifest = getManifest('Deployment');
  const pods: Manifest[] = [deployment, getManifest('Job')].map(({ spec }) => spec.template.spec);
  const [api] = pods[0].containers;

  it('are all taken by the kustomization', () => {
    assert.deepEqual(parseYaml('kubernetes/kustomization.yaml')[0].resources.sort(), manifestFiles().sort());
  });

  it('set variables that there are, to values that the server takes', () => {
    const given = pods.flatMap((pod) => pod.containers[0].env);
    for (const { name, valueFrom } of given) {
      assert.deepEqual([names.includes(name), valueFrom.secretKeyRef.key], [true, name]);
    }
    for (const name of Object.keys(data)) assert.ok(names.includes(name), name);
    const url = 'postgres://taskapp@postgres/taskapp';
    const { access, refresh } = secrets();
    const own = { DATABASE_URL: url, JWT_ACCESS_SECRET: access, JWT_REFRESH_SECRET: refresh };
    assert.equal(loadConfig({ ...data, ...own }).environment, 'production');
  });

  it('let a pod finish its requests before it is killed', () => {
    assert.ok(Number(data.SHUTDOWN_DELAY_MS) / 1000 + GRACE < HARD_STOP);
    assert.ok(pods[0].terminationGracePeriodSeconds > HARD_STOP);
    const { periodSeconds, failureThreshold } = api.readinessProbe;
    assert.ok(periodSeconds * failureThreshold < Number(data.SHUTDOWN_DELAY_MS) / 1000, 'unready is noticed too late');
  });

  it('probe what the server answers, at its port', async () => {
    assert.deepEqual([`${api.ports[0].containerPort}`, api.ports[0].name], [data.PORT, 'http']);
    const http = supertest(createHttpApp(world.app).callback());
    const paths = [api.readinessProbe, api.livenessProbe].map(({ httpGet }) => httpGet.path);
    assert.deepEqual(paths, ['/readyz', '/livez']);
    for (const path of paths) await http.get(path).expect(200);
  });

  it('give the pods nothing that they do not need', () => {
    for (const pod of pods) {
      assert.deepEqual([pod.securityContext.runAsNonRoot, pod.automountServiceAccountToken], [true, false]);
      const { allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities } = pod.containers[0].securityContext;
      assert.deepEqual([allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities.drop], [false, true, ['ALL']]);
    }
  });

  it('mean the same pods everywhere', () => {
    const { labels } = deployment.spec.template.metadata;
    assert.deepEqual(deployment.spec.selector.matchLabels, labels);
    assert.deepEqual(getManifest('Service').spec.selector, labels);
    assert.deepEqual(getManifest('PodDisruptionBudget').spec.selector.matchLabels, labels);
    const { kind, metadata } = deployment;
    const { kind: scaled, name } = getManifest('HorizontalPodAutoscaler').spec.scaleTargetRef;
    assert.deepEqual([scaled, name], [kind, metadata.name]);
    const { maxUnavailable } = getManifest('PodDisruptionBudget').spec;
    assert.ok(getManifest('HorizontalPodAutoscaler').spec.minReplicas > maxUnavailable);
  });
});

describe('the systemd unit', () => {
  const unit = readDeployed('systemd/taskapp.service');
  const settingOf = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1];

  it('sets variables that there are, and waits for the end of the server', () => {
    const set = (settingOf('Environment') ?? '').split(' ').map((pair) => pair.split('=')[0] ?? '');
    assert.deepEqual(
      set.filter((name) => !names.includes(name)),
      [],
    );
    assert.ok(Number(settingOf('TimeoutStopSec')) > HARD_STOP);
    assert.equal(settingOf('RestartPreventExitStatus'), /EXIT_CONFIG = (\d+)/.exec(source('http/src/main.ts'))?.[1]);
  });

  it('gives it an ordinary user, and nothing to write to', () => {
    const wanted = { DynamicUser: 'yes', NoNewPrivileges: 'yes', ProtectSystem: 'strict', CapabilityBoundingSet: '' };
    for (const [key, value] of Object.entries(wanted)) assert.equal(settingOf(key), value, key);
  });

  it('is one, as far as systemd is there to say so', () => {
    const folder = mkdtempSync(join(tmpdir(), 'taskapp-unit-'));
    const file = join(folder, 'taskapp.service');
    writeFileSync(file, unit.replace('/usr/bin/node', process.execPath).replace(/^(Wants|After)=.*$/gm, ''));
    const { error, status, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    if (error) assert.equal((error as NodeJS.ErrnoException).code, 'ENOENT');
    else assert.deepEqual([status, stderr], [0, '']);
  });
});

describe('dashboard and alerts', () => {
  const dashboard = JSON.parse(readDeployed('grafana/taskapp.json'));
  const shown: string[] = dashboard.panels.flatMap((panel: Manifest) =>
    (panel.targets ?? []).map(({ expr }: { expr: string }) => expr),
  );
  const rules = parseYaml('prometheus/alerts.yaml')[0].groups.flatMap((group: Manifest) => group.rules);
  const expressions = [...shown, ...rules.map(({ expr }: { expr: string }) => expr)];

  it('use metrics, labels and values that there are', async () => {
    const metrics = createMetrics({ db: world.db, process: true });
    metrics.observe({ method: 'GET', route: '/api/tasks', status: 200, code: 'task.not_found', seconds: 1 });
    metrics.countShed('pool');
    metrics.count('cache_hit');
    const samples = readSamples(await metrics.render());
    const given = { names: new Set([...samples.names, 'up']), labels: new Set([...samples.labels, 'job', 'instance']) };
    assert.ok(expressions.length > 20);
    for (const expression of expressions) {
      const used = metricsIn(expression);
      assert.ok(used.length > 0, expression);
      for (const name of used) assert.ok(given.names.has(name), `There is no metric ${name}`);
      for (const label of labelsIn(expression)) assert.ok(given.labels.has(label), `There is no label ${label}`);
    }
    const occurrences = [...source('core/src/kernel/occurrences.ts').matchAll(/'(\w+)'/g)].map(([, what]) => what);
    const codes = [...ERRORS, ...Object.values(httpErrors)].map(({ code }) => code as string);
    for (const what of expressions.flatMap((each) => valuesIn(each, 'what')))
      assert.ok(occurrences.includes(what), what);
    for (const code of expressions.flatMap((each) => valuesIn(each, 'code'))) assert.ok(codes.includes(code), code);
  });

  it('show every metric of the app', () => {
    const own = [...source('http/src/metrics.ts').matchAll(/'((?:http|database|taskapp)_\w+)'/g)].map(
      ([, name]) => name,
    );
    assert.ok(own.length > 4);
    for (const name of own)
      assert.ok(
        shown.some((each) => each.includes(`${name}`)),
        `${name} is not shown`,
      );
  });

  it('offer the servers that there are to choose from', () => {
    const [, job] = dashboard.templating.list;
    assert.equal(job.definition, 'label_values(http_requests_in_flight, job)');
    for (const expression of shown) assert.ok(expression.includes('job=~"$job"'), expression);
  });
});
