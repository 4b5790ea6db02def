import type { AdminRoute } from "./admin-route.ts";

/** Filled when near misses can be computed. */
export const nearMissRoutes: readonly AdminRoute[] = [];
