import type { CreateDocumentOptions } from 'zod-openapi';

const UUID_LENGTH = 36;
const MAX_INT_32 = 2 ** 31;
const isSmall = (maximum: number | undefined) => maximum !== undefined && maximum < MAX_INT_32;

type Override = Extract<NonNullable<CreateDocumentOptions['override']>, (...args: never[]) => unknown>;

/** What JSON makes of a value, without what only validators care about. */
export const describeForClients: Override = ({ zodSchema, jsonSchema, io }) => {
  if (zodSchema._zod.def.type === 'date') Object.assign(jsonSchema, { type: 'string', format: 'date-time' });
  if (jsonSchema.format === 'uuid') {
    delete jsonSchema.pattern;
    jsonSchema.maxLength = UUID_LENGTH;
  }
  if (jsonSchema.type === 'integer') jsonSchema.format = isSmall(jsonSchema.maximum) ? 'int32' : 'int64';
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  // Answers may grow; a client that refuses fields it does not know would break.
  if (io === 'output') delete jsonSchema.additionalProperties;
};
