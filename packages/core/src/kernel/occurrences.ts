/**
 * What only the core sees, and operators like to count: where a list came from, that Redis was passed over, and how
 * refresh tokens are used.
 */
export type Occurrence =
  | 'cache_hit'
  | 'cache_shared_hit'
  | 'cache_miss'
  | 'limits_without_redis'
  | 'cache_without_redis'
  | 'refresh_rotated'
  | 'refresh_grace'
  | 'refresh_reuse';

/** Counts an occurrence. Called in the middle of things, so it has to be quick and must not throw. */
export type Count = (what: Occurrence) => void;
