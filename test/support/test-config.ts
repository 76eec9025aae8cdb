import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AppConfig } from '../../src/platform/config/index.js';
import { type AppConfigFields, loadConfig } from '../../src/platform/config/index.js';

/** The same in every process of a run: the passwords of the database's roles are derived from it. */
export const TEST_SECRET_KEY = 'test-only secret key of thirty-two bytes and more';

/** Set by the test runner for its second pass: the queue on Redis, with keys of one's own. */
function queueFields(): Partial<AppConfigFields> {
  if (process.env['COORCHAT_TEST_BACKEND'] !== 'redis') return {};
  return { redisUrl: process.env['REDIS_URL'], redisPrefix: `test-${randomBytes(6).toString('hex')}` };
}

/** The defaults, without the environment of whoever runs the tests. */
export function testConfig(fields: Partial<AppConfigFields> = {}): AppConfig {
  // A key, so that agent tasks are taken; nobody listens at port 9.
  const model = { ANTHROPIC_API_KEY: 'test key', ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' };
  const env = { ...model, COORCHAT_SECRET_KEY: TEST_SECRET_KEY, COORCHAT_DATA_DIR: join(tmpdir(), 'coorchat-unused') };
  return loadConfig(env).with({ port: 0, logLevel: 'silent', embeddedDatabase: false, ...queueFields(), ...fields });
}
