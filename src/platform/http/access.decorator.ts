import type { Permission, Scope } from '@coorchat/contracts';
import type { CustomDecorator } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';

/** Requests per caller's address. */
export interface RouteRateLimit {
  readonly max: number;
  readonly timeWindow: number;
}

/** What a route may ask for: permissions of people and keys, scopes of workers. */
export type RouteAccess = Permission | Scope;

/** What a route says about its callers, in Fastify's `config`; it must say one of the two. */
export interface RouteAccessConfig {
  /** Permissions or scopes of which the caller needs at least one. */
  readonly access?: readonly [RouteAccess, ...RouteAccess[]];
  /** Why no tenant credential is needed. */
  readonly public?: string;
  readonly rateLimit?: RouteRateLimit | false;
}

/** `config` of a raw Fastify route that needs a credential with one of these scopes. */
export function accessConfig(...scopes: [RouteAccess, ...RouteAccess[]]): RouteAccessConfig {
  return { access: scopes };
}

/** `config` of a raw Fastify route without a tenant credential, and why that is right. */
export function publicConfig(reason: string, limits: { rateLimit?: RouteRateLimit } = {}): RouteAccessConfig {
  return { public: reason, ...limits };
}

/** The caller needs a credential that carries at least one of these scopes. */
export function Access(...scopes: [RouteAccess, ...RouteAccess[]]): CustomDecorator {
  return RouteConfig(accessConfig(...scopes));
}

/** Anyone may call this route, for the given reason. */
export function Public(reason: string, limits: { rateLimit?: RouteRateLimit } = {}): CustomDecorator {
  return RouteConfig(publicConfig(reason, limits));
}
