import { describe, expect, it } from 'vitest';
import { loadConfig } from '../platform/config/index.js';
import { doorsUsed, settingsOf } from './platform-news.rules.js';

describe('doors across organizations', () => {
  it('are counted since the last reading, other counters are not', () => {
    const before = { 'db.system.health.check': 3, 'db.system.task.sweep': 1, other: 1 };
    const now = { 'db.system.health.check': 5, 'db.system.task.sweep': 1, 'db.system.blob.sweep': 2, other: 9 };
    expect(doorsUsed(before, now)).toEqual({ 'health.check': 2, 'blob.sweep': 2 });
  });
});

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
