import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseDockerfile, parseExecForm } from '../../scripts/docker/dockerfile.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');

/** The lines below a key of a YAML file that is indented by two spaces, with that indentation taken off. */
function below(text: string, key: string): string {
  const lines = text.split('\n');
  const start = lines.indexOf(`${key}:`);
  assert.ok(start >= 0, `There is no ${key}`);
  const end = lines.findIndex((line, at) => at > start && /^\S/.test(line));
  const inside = lines.slice(start + 1, end < 0 ? undefined : end);
  return inside.map((line) => line.replace(/^ {2}/, '')).join('\n');
}

describe('docker-compose.yml', () => {
  const services = below(read('docker-compose.yml'), 'services');
  const service = (name: string): string => below(services, name);

  it('has no default for a secret, and refuses to start without it', () => {
    const secrets = services.match(/\$\{\w*(SECRET|PASSWORD)\w*.{2}/g) ?? [];
    assert.ok(secrets.length >= 4);
    for (const secret of secrets) assert.ok(secret.endsWith(':?'), secret);
  });

  it('is reachable from this machine only', () => {
    const ports = services.match(/^ +- "[\w.:${}-]+:\d+"$/gm) ?? [];
    assert.ok(ports.length > 0);
    for (const port of ports) assert.match(port, /"127\.0\.0\.1:/);
  });

  it('starts the API when both servers are healthy and the schema is up to date', () => {
    const conditions = below(service('api'), 'depends_on');
    assert.match(below(conditions, 'postgres'), /service_healthy/);
    assert.match(below(conditions, 'redis'), /service_healthy/);
    assert.match(below(conditions, 'migrate'), /service_completed_successfully/);
    for (const name of ['postgres', 'redis']) assert.match(below(service(name), 'healthcheck'), /test:/);
    assert.match(service('migrate'), /command: \["taskctl", "db", "migrate"\]/);
    assert.match(service('redis'), /"--maxmemory", "\d+mb"/);
    assert.match(below(service('postgres'), 'volumes'), /postgres-data:/);
  });
});

describe('Dockerfile', () => {
  const stages = parseDockerfile(read('Dockerfile'));
  const last = stages.at(-1)!;
  const restOf = (keyword: string) => last.instructions.find((each) => each.keyword === keyword)?.rest ?? '';

  it('runs Node itself, as an ordinary user', () => {
    assert.equal(restOf('USER'), 'node');
    assert.equal(parseExecForm(restOf('CMD'))[0], 'node');
  });

  it('checks its health with nothing but Node', () => {
    const command = parseExecForm(restOf('HEALTHCHECK'));
    assert.equal(command[0], 'node');
    assert.match(command.join(' '), /\/health/);
  });

  it('ships production dependencies and nothing that was only built with', () => {
    const installs = stages.flatMap(({ instructions }) => instructions.filter(({ rest }) => rest.startsWith('npm ci')));
    assert.ok(installs.some(({ rest }) => /--omit=dev --omit=optional/.test(rest)));
    const whole = last.instructions.filter(({ flags, rest }) => flags.from === 'build' && /^\/app\s/.test(rest));
    assert.deepEqual(whole, []);
  });
});

describe('continuous integration', () => {
  it('runs the same commands here and there', () => {
    const [script, workflow] = [read('.ci/run'), read('.github/workflows/ci.yml')];
    const tests = ['packed', 'docker', 'fuzz', 'faults'].map((name) => `npm run test:${name}`);
    for (const command of ['npm ci', 'npm test', 'npm run check', ...tests]) {
      assert.ok(script.includes(command), `.ci/run lacks ${command}`);
      assert.ok(workflow.includes(command), `The workflow lacks ${command}`);
    }
    assert.match(workflow, /node: \[20, 22, 24\]/);
  });
});
