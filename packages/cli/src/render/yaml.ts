import { isUnsafe, toVisibleLines } from './sanitize.ts';

/** A value as YAML, with the types that JSON gives it; what JSON shows as text is text here too. */
export async function toYaml(value: unknown): Promise<string> {
  const { Document, isScalar, visit } = await import('yaml');
  const document = new Document(JSON.parse(JSON.stringify(value)), { aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_key, node) => {
      // Only text between double quotes has escapes for what is not to be seen raw.
      if (isScalar(node) && typeof node.value === 'string' && isUnsafe(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  return toVisibleLines(document.toString({ lineWidth: 0 }));
}
