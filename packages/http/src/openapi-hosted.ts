import type { oas31 } from 'zod-openapi';

/**
 * The document of an app whose accounts are its host's: how one signs in is for the host to say, and ids of users are
 * what they are there.
 */
export function describeHosted(document: oas31.OpenAPIObject): oas31.OpenAPIObject {
  // As text, since what is to be changed is in many places.
  const hosted = JSON.parse(JSON.stringify(document), withHostIds) as oas31.OpenAPIObject;
  delete hosted.components?.securitySchemes;
  for (const path of Object.values(hosted.paths ?? {})) {
    for (const operation of Object.values(path) as oas31.OperationObject[]) {
      delete operation.security;
      const refusal = operation.responses?.[401];
      if (operation.responses && refusal) operation.responses[401] = JSON.parse(withoutTokens(refusal));
    }
  }
  return hosted;
}

/** A UUID that stands for a user is the only one called so. */
function withHostIds(key: string, value: unknown): unknown {
  if (key !== 'userId' || typeof value !== 'object' || value === null) return value;
  const text = JSON.stringify(value).replaceAll('"format":"uuid"', '"maxLength":255');
  return JSON.parse(text);
}

const withoutTokens = (refusal: object): string =>
  JSON.stringify(refusal)
    .replace(', `auth.token_invalid`', '')
    .replace(/,"auth\.token_invalid":\{[^}]*\}/, '')
    .replaceAll('auth.token_required', 'auth.sign_in_required');
