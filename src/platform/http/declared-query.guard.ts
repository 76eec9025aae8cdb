import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import { httpErrors } from './http.errors.js';

const REST = '/v1/';

/** A controller's method that takes a query checks it by its schema. */
function takesQuery(context: ExecutionContext): boolean {
  const parameters: unknown = Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), context.getHandler().name);
  return Object.keys(parameters ?? {}).some((key) => key.startsWith(`${RouteParamtypes.QUERY}:`));
}

/** A parameter that nobody reads is a mistake of the caller, on routes without any parameters, too. */
@Injectable()
export class DeclaredQueryGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (!request.url.includes('?') || !request.routeOptions.url?.startsWith(REST) || takesQuery(context)) return true;
    const [name] = Object.keys(request.query as object);
    if (name === undefined) return true;
    throw httpErrors.invalidInput('query', [{ path: name, message: 'This route takes no query parameters.' }]);
  }
}
