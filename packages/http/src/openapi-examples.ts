import type { oas31 } from 'zod-openapi';

type Schema = oas31.SchemaObject & {
  readonly properties?: Readonly<Record<string, { readonly examples?: unknown[] }>>;
};
type Body = { readonly content: Readonly<Record<string, { readonly schema?: unknown; example?: unknown }>> };

/**
 * Gives every request body an example of the fields that have one. Pages that try the API out would make up the rest:
 * ids of things that do not exist, and texts that are refused.
 */
export function addExamples(document: oas31.OpenAPIObject): oas31.OpenAPIObject {
  const operations = Object.values(document.paths ?? {}).flatMap((path) => Object.values(path ?? {}));
  for (const { requestBody } of operations as readonly { readonly requestBody?: Body }[]) {
    for (const media of Object.values(requestBody?.content ?? {})) media.example = exampleOf(media.schema as Schema);
  }
  return document;
}

function exampleOf({ properties = {} }: Schema): Record<string, unknown> {
  const given = Object.entries(properties).filter(([, { examples }]) => examples !== undefined);
  return Object.fromEntries(given.map(([name, { examples }]) => [name, examples?.[0]]));
}
