import type { TenantContext } from '@coorchat/kernel';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { httpErrors } from './http.errors.js';

/** The tenant of an authenticated request. @throws AppError `http.no_tenant` on a public route, which is a bug */
export function tenantOf(request: FastifyRequest): TenantContext {
  if (request.tenant === null) throw httpErrors.noTenant(request.routeOptions.url ?? request.url);
  return request.tenant;
}

/** Injects the frozen TenantContext of the caller into a controller method. */
export const Tenant = createParamDecorator((_data: unknown, context: ExecutionContext): TenantContext =>
  tenantOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
