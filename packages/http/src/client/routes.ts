import { operations } from '@taskapp/core';
import { describeRoutes } from './describe-routes.ts';
import type { RouteTable } from './route-table.ts';

/**
 * How every operation is called. In the built package this module is the data alone (`write-routes.ts` puts it there):
 * the contracts with their schemas would be most of a bundle.
 */
export const routes: RouteTable = describeRoutes(operations);
