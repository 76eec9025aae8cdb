import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppConfig, type AppConfigFields, loadConfig } from '../../src/platform/config/index.js';

/** The same in every process of a run: the passwords of the database's roles are derived from it. */
export const TEST_SECRET_KEY = 'test-only secret key of thirty-two bytes and more';

/** The defaults, without the environment of whoever runs the tests. */
export function testConfig(fields: Partial<AppConfigFields> = {}): AppConfig {
  const env = { COORCHAT_SECRET_KEY: TEST_SECRET_KEY, COORCHAT_DATA_DIR: join(tmpdir(), 'coorchat-unused') };
  return loadConfig(env).with({ port: 0, logLevel: 'silent', ...fields });
}
