import { describe, expect, it } from 'vitest';
import { RouteBook } from './route-book.js';

function book(): RouteBook {
  const routes = new RouteBook();
  routes.add({ method: ['GET', 'HEAD'], url: '/v1/things/:id', config: { access: ['work:read'] } });
  routes.add({ method: 'POST', url: '/v1/things/:id/stop', config: { public: 'because' } });
  return routes;
}

describe('RouteBook', () => {
  it('knows which methods a path has', () => {
    expect(book().methodsFor('/v1/things/1')).toEqual(['GET']);
    expect(book().methodsFor('/v1/things/1/stop')).toEqual(['POST']);
    expect(book().methodsFor('/v1/things')).toEqual([]);
    expect(book().methodsFor('/v1/other/1')).toEqual([]);
  });

  it.each([
    undefined,
    {},
    { public: ' ' },
    { access: [] as never },
    { access: ['work:read'] as ['work:read'], public: 'both' },
  ])('names a route that says %j', (config) => {
    const routes = book();
    routes.add({ method: 'DELETE', url: '/v1/silent', config });
    expect(() => routes.assertAccess()).toThrow('DELETE /v1/silent');
  });

  it('is content when every route says one of the two', () => {
    expect(() => book().assertAccess()).not.toThrow();
  });
});
