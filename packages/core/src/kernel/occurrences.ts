/**
 * What only the core sees, and operators like to count: where a list came from, that Redis was passed over, how refresh
 * tokens are used, and what became of events that listeners are told.
 */
export type Occurrence =
  | 'cache_hit'
  | 'cache_shared_hit'
  | 'cache_miss'
  | 'limits_without_redis'
  | 'cache_without_redis'
  | 'refresh_rotated'
  | 'refresh_grace'
  | 'refresh_reuse'
  | 'event_told'
  | 'event_failed'
  | 'event_given_up';

/** Counts an occurrence. Called in the middle of things, so it has to be quick and must not throw. */
export type Count = (what: Occurrence) => void;
