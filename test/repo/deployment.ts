import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

const folder = new URL('../../deploy/', import.meta.url);

/** Where a file of deploy/ is. */
export const pathOf = (name: string): string => fileURLToPath(new URL(name, folder));

/** The text of a file of deploy/. */
export const readDeployed = (name: string): string => readFileSync(pathOf(name), 'utf8');

/** A Kubernetes object, or what else YAML holds. */
export type Manifest = ReturnType<typeof JSON.parse>;

/** The documents of a YAML file of deploy/. @throws where it is none */
export function parseYaml(name: string): Manifest[] {
  return parseAllDocuments(readDeployed(name), { strict: true, uniqueKeys: true }).map((document) => {
    if (document.errors.length > 0) throw new Error(`${name}: ${document.errors.join('; ')}`);
    return document.toJS();
  });
}

/** The files with manifests. */
export const manifestFiles = (): string[] =>
  readdirSync(pathOf('kubernetes')).filter((name) => name !== 'kustomization.yaml');

/** The manifest of a kind. */
export function getManifest(kind: string): Manifest {
  const all = manifestFiles().flatMap((name) => parseYaml(`kubernetes/${name}`));
  return all.find((manifest) => manifest.kind === kind);
}

/** Metrics as Prometheus sees them: names of samples, and of the labels that they have. */
export interface Samples {
  readonly names: ReadonlySet<string>;
  readonly labels: ReadonlySet<string>;
}

/** Reads the text format of Prometheus. */
export function readSamples(text: string): Samples {
  const lines = [...text.matchAll(/^(\w+)(?:\{(.*)\})? /gm)];
  const labels = lines.flatMap(([, , inside = '']) => [...inside.matchAll(/(\w+)="/g)].map(([, label = '']) => label));
  return { names: new Set(lines.map(([, name = '']) => name)), labels: new Set(labels) };
}

/** Every metric that an expression selects. */
export const metricsIn = (expression: string): string[] =>
  [...expression.matchAll(/(\w+)\{/g)].map(([, name = '']) => name);

/** Every label that an expression filters or groups by. */
export function labelsIn(expression: string): string[] {
  const filtered = [...expression.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label);
  const grouped = [...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
  return [...filtered, ...grouped];
}

/** The values that an expression wants of a label. */
export const valuesIn = (expression: string, label: string): string[] =>
  [...expression.matchAll(new RegExp(`\\b${label}=~?"([^"]+)"`, 'g'))].flatMap(([, list = '']) => list.split('|'));
