import type { RouteOptions } from 'fastify';
import type { RouteAccessConfig as FullAccessConfig } from './access.decorator.js';
import { httpErrors } from './http.errors.js';

type RouteAccessConfig = Pick<FullAccessConfig, 'access' | 'public'>;

export interface BookedRoute {
  readonly method: string;
  /** Pattern, for example `/v1/workers/:id`. */
  readonly url: string;
  readonly config: RouteAccessConfig;
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

function matches(pattern: string, path: string): boolean {
  const wanted = segmentsOf(pattern);
  const found = segmentsOf(path);
  if (wanted.at(-1) === '*')
    return found.length >= wanted.length - 1 && wanted.slice(0, -1).every((s, i) => s === found[i]);
  return (
    wanted.length === found.length && wanted.every((segment, i) => segment.startsWith(':') || segment === found[i])
  );
}

/** Every route of the process with what it says about its callers: read by the boot check, OpenAPI and 405. */
export class RouteBook {
  private readonly booked: BookedRoute[] = [];

  get routes(): readonly BookedRoute[] {
    return this.booked;
  }

  add(options: Pick<RouteOptions, 'method' | 'url'> & { config?: RouteAccessConfig | undefined }): void {
    const { url, config = {} } = options;
    for (const method of [options.method].flat()) this.booked.push({ method: method.toUpperCase(), url, config });
  }

  configOf(method: string, url: string): RouteAccessConfig | undefined {
    return this.booked.find((route) => route.method === method.toUpperCase() && route.url === url)?.config;
  }

  /** Methods that some route has for this path, HEAD and OPTIONS left out. */
  methodsFor(path: string): string[] {
    const found = this.booked.filter(({ method, url }) => !/HEAD|OPTIONS/.test(method) && matches(url, path));
    return [...new Set(found.map(({ method }) => method))].sort();
  }

  /** @throws AppError `http.route_without_access` naming each route that says nothing */
  assertAccess(): void {
    const silent = this.booked.filter(({ config }) => !config.access?.length === !config.public?.trim());
    if (silent.length > 0) throw httpErrors.routeWithoutAccess(silent.map(({ method, url }) => `${method} ${url}`));
  }
}
