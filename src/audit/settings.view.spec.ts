import { describe, expect, it } from 'vitest';
import { loadConfig } from '../platform/config/index.js';
import { settingsOf } from './settings.view.js';

describe('settings on record', () => {
  it('hold no secret and no address that may carry one', () => {
    const secrets = {
      COORCHAT_SECRET_KEY: 'the secret key of thirty-two bytes and more',
      DATABASE_URL: 'postgres://user:hunter2@db.example/coorchat',
      REDIS_URL: 'redis://:hunter2@redis.example',
      ANTHROPIC_API_KEY: 'hunter2',
    };
    const text = JSON.stringify(settingsOf(loadConfig(secrets)));
    for (const secret of ['hunter2', 'thirty-two', 'redis.example']) expect(text).not.toContain(secret);
    expect(JSON.parse(text)).toMatchObject({ embeddedDatabase: false, redis: true, leaseMs: 60_000 });
  });
});
