import type { oas31 } from 'zod-openapi';

type Schema = oas31.SchemaObject & { readonly $ref?: string };
type Find = (reference: string) => Schema | undefined;

const SAMPLE_ID = '0198c7a2-6f3e-7c41-9b1d-5f1c2a7e4d90';
const SAMPLE_TIME = '2027-01-31T09:00:00.000Z';
const PLAIN: Readonly<Record<string, unknown>> = {
  boolean: true,
  integer: 1,
  number: 1,
  string: 'text',
  object: {},
  null: null,
};

/** A value as the schema describes it: the example of its contract where it has one, else one of its kind. */
function sampleOf(schema: Schema, find: Find): unknown {
  const { $ref, examples, const: only, enum: choices, anyOf, items, type } = schema;
  if ($ref) return sampleOf(find($ref) ?? {}, find);
  if (examples) return examples[0];
  if (only !== undefined) return only;
  if (schema.default !== undefined) return schema.default;
  if (choices) return choices[0];
  if (anyOf) return sampleOf(chooseOf(anyOf as Schema[]), find);
  if (schema.format === 'uuid') return SAMPLE_ID;
  if (schema.format === 'date-time') return SAMPLE_TIME;
  if (items) return [sampleOf(items as Schema, find)];
  if (schema.properties) return sampleObject(Object.entries(schema.properties) as [string, Schema][], find);
  const [kind = 'null', ...others] = [type ?? []].flat();
  return PLAIN[kind === 'string' && others.includes('null') ? 'null' : kind];
}

/** Text that may be null, and of which there is no example, is null. */
const chooseOf = ([first = {}, second = {}]: readonly Schema[]): Schema =>
  first.type === 'string' && !first.examples && !first.format && !first.enum ? second : first;

const sampleObject = (fields: readonly [string, Schema][], find: Find) =>
  Object.fromEntries(fields.map(([name, field]) => [name, sampleOf(field, find)]));

/** What somebody would send: the fields that are required, and those that the contract has examples of. */
function sampleBody({ properties = {}, required = [] }: Schema, find: Find): unknown {
  const fields = Object.entries(properties) as [string, Schema][];
  const chosen = fields.filter(([name, { examples }]) => required.includes(name) || examples);
  return sampleObject(chosen.length > 0 ? chosen : fields, find);
}

type Content = oas31.ContentObject | undefined;

function addTo(content: Content, makeSample: (schema: Schema) => unknown): void {
  const media = content?.['application/json'];
  if (media?.schema && !media.examples) media.example = makeSample(media.schema as Schema);
}

/** Adds an example of what is sent to every operation, and of what it answers when it succeeds. */
export function addExamples(document: oas31.OpenAPIObject): void {
  const schemas = (document.components?.schemas ?? {}) as Readonly<Record<string, Schema>>;
  const find: Find = (reference) => schemas[reference.split('/').at(-1) ?? ''];
  for (const { requestBody, responses } of operationsOf(document)) {
    addTo((requestBody as oas31.RequestBodyObject | undefined)?.content, (schema) => sampleBody(schema, find));
    for (const answer of Object.values(responses ?? {})) {
      addTo((answer as oas31.ResponseObject).content, (schema) => sampleOf(schema, find));
    }
  }
}

const operationsOf = ({ paths = {} }: oas31.OpenAPIObject): oas31.OperationObject[] =>
  Object.values(paths).flatMap((path) => Object.values(path as Record<string, oas31.OperationObject>));

/** The document without the examples of errors that only other callers than those of HTTP meet. */
export function withoutUnused(document: oas31.OpenAPIObject): oas31.OpenAPIObject {
  const text = JSON.stringify(document);
  const examples = Object.entries(document.components?.examples ?? {});
  const used = examples.filter(([name]) => text.includes(`"#/components/examples/${name}"`));
  return { ...document, components: { ...document.components, examples: Object.fromEntries(used) } };
}
