// In a Next app this is `app/api/tasks-api/[...path]/route.ts`.
import { toNextHandlers } from '@taskapp/http';
import { http } from './tasks.ts';

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = toNextHandlers(http, { basePath: '/api/tasks-api' });
export const runtime = 'nodejs';
