import { defineErrors } from '../kernel/errors.ts';

export const authErrors = defineErrors({
  credentials: { code: 'auth.credentials_invalid', kind: 'unauthenticated', message: 'Invalid email or password' },
  accessToken: { code: 'auth.token_invalid', kind: 'unauthenticated', message: 'Invalid or expired access token' },
  refreshToken: { code: 'auth.refresh_invalid', kind: 'unauthenticated', message: 'Invalid or expired refresh token' },
  refreshReused: { code: 'auth.refresh_reused', kind: 'unauthenticated', message: 'Invalid or expired refresh token' },
  refreshInProgress: {
    code: 'auth.refresh_in_progress',
    kind: 'conflict',
    message: 'The session is being refreshed, try again',
  },
  sessionNotFound: { code: 'auth.session_not_found', kind: 'not_found', message: 'Session not found' },
  sessionRequired: { code: 'auth.session_required', kind: 'invalid', message: 'This call came through no session' },
  passwordQueue: { code: 'auth.overloaded', kind: 'unavailable', message: 'Service unavailable' },
});
