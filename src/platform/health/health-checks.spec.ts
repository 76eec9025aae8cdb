import { describe, expect, it } from 'vitest';
import { HealthChecks } from './health-checks.js';

describe('HealthChecks', () => {
  it('is ready when every check passes, and names the one that does not', async () => {
    const health = new HealthChecks();
    health.register('good', async () => undefined);
    expect(await health.readiness()).toEqual({ ready: true, checks: { good: 'ok' } });
    health.register('bad', () => Promise.reject(new Error('secret reason')));
    expect(await health.readiness()).toEqual({ ready: false, checks: { good: 'ok', bad: 'failing' } });
  });

  it('does not wait for a check that hangs', async () => {
    const health = new HealthChecks(20);
    health.register('hanging', () => new Promise(() => undefined));
    expect(await health.readiness()).toEqual({ ready: false, checks: { hanging: 'failing' } });
  });

  it('is not ready any more once the process stops', async () => {
    const health = new HealthChecks();
    health.markStopping();
    expect((await health.readiness()).ready).toBe(false);
  });
});
