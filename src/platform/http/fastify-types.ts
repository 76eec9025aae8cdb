import type { TenantContext } from '@coorchat/kernel';
import type { RouteAccessConfig } from './access.decorator.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on public routes. */
    tenant: TenantContext | null;
  }
  interface FastifyContextConfig {
    access?: RouteAccessConfig['access'];
    public?: string;
  }
}
