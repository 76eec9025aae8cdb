import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAppError } from '@coorchat/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from './app-config.js';

let dataDir: string;

beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'coorchat-config-'));
});

afterAll(() => rmSync(dataDir, { recursive: true }));

const load = (env: Record<string, string>) => loadConfig({ COORCHAT_DATA_DIR: dataDir, ...env });

function faultsOf(env: Record<string, string>): string {
  try {
    load(env);
  } catch (error) {
    if (isAppError(error) && error.code === 'platform.bad_environment') return error.message;
    throw error;
  }
  throw new Error('nothing was wrong');
}

describe('the configuration', () => {
  it('has defaults for everything', () => {
    const config = load({});
    expect(config).toMatchObject({ host: '127.0.0.1', port: 7070, processes: ['all'], leaseMs: 60_000 });
    expect(config).toMatchObject({ heartbeatIntervalMs: 15_000, embeddedDatabase: true, logLevel: 'info' });
    expect(config.model).toMatchObject({ defaultModel: 'claude-opus-5-5', plannerModel: 'claude-opus-5-5' });
    expect(config.limits.defaultMaxCostMicros).toBe(5_000_000);
    expect(config.blob).toEqual({ kind: 'files', directory: join(dataDir, 'blobs') });
  });

  it('is frozen', () => {
    expect(Object.isFrozen(load({}))).toBe(true);
  });

  it('takes what is set, and takes an empty variable for one that is not', () => {
    const config = load({
      COORCHAT_PORT: '0',
      COORCHAT_PROCESSES: 'api, tunnel',
      COORCHAT_PUBLIC_URL: 'https://x.example/',
      REDIS_URL: '',
    });
    expect(config).toMatchObject({ port: 0, processes: ['api', 'tunnel'], publicUrl: 'https://x.example' });
    expect(config.redisUrl).toBeUndefined();
  });

  it('makes the secret key once, readable by its owner alone', () => {
    const first = load({}).secretKey;
    expect(first.length).toBeGreaterThanOrEqual(64);
    expect(load({}).secretKey).toBe(first);
    expect(statSync(join(dataDir, 'secret.key')).mode & 0o777).toBe(0o600);
  });

  it.each([
    [
      'COORCHAT_PORT',
      'abc',
      '"abc" is not a whole number; expected a whole number from 0 to 65535 (0 takes a free port)',
    ],
    ['COORCHAT_PORT', '70000', '"70000" is too large'],
    ['COORCHAT_LEASE_MS', '-5', '"-5" is not a whole number; expected a whole number of milliseconds from 500'],
    ['COORCHAT_PROCESSES', 'api,web', 'expected a comma-separated list out of all, api, jobs, tunnel, migrate'],
    ['COORCHAT_LOG_LEVEL', 'loud', 'expected one of silent, fatal'],
    ['COORCHAT_PUBLIC_URL', 'ftp://x', 'does not start with http:// or https://; expected a URL such as'],
    ['COORCHAT_DEFAULT_MAX_COST_USD', '5 dollars', 'expected an amount in US dollars'],
    ['COORCHAT_ALLOW_FILE_REMOTES', 'yes', '"yes" is neither true nor false; expected true or false'],
  ])('refuses %s=%s and says what it expects', (name, value, message) => {
    expect(faultsOf({ [name]: value })).toContain(`${name}: `);
    expect(faultsOf({ [name]: value })).toContain(message);
  });

  it('names unknown variables and what was probably meant', () => {
    const text = faultsOf({ COORCHAT_PROT: '1', COORCHAT_LEASE: '1', COORCHAT_ZZZZZZZZZZZ: '1' });
    expect(text).toContain('COORCHAT_PROT is no variable of CoorChat; did you mean COORCHAT_PORT?');
    expect(text).toContain('did you mean COORCHAT_LEASE_MS?');
    expect(text).toContain('COORCHAT_ZZZZZZZZZZZ is no variable of CoorChat.');
  });

  it('leaves the variables of other programs alone', () => {
    const others = {
      COORCHAT_WORKER_NAME: 'x',
      COORCHAT_TEST_BACKEND: 'redis',
      COORCHAT_ENROLMENT_TOKEN: 'x',
      HOME: '/',
    };
    expect(load(others).port).toBe(7070);
  });

  it('shows no secret in a complaint', () => {
    const secrets = { COORCHAT_SECRET_KEY: 'hunter2', DATABASE_URL: 'mysql://user:hunter2@host/db' };
    const text = faultsOf(secrets);
    expect(text).toContain('COORCHAT_SECRET_KEY: its value (not shown) is shorter than 32 bytes');
    expect(text).toContain('DATABASE_URL: its value (not shown) does not start with postgres://');
    expect(text).not.toContain('hunter2');
  });

  it('wants the credentials of a bucket', () => {
    expect(faultsOf({ S3_BUCKET: 'blobs' })).toContain('S3_ACCESS_KEY_ID');
    const keys = { S3_ACCESS_KEY_ID: 'a', S3_SECRET_ACCESS_KEY: 'b' };
    expect(load({ S3_BUCKET: 'blobs', ...keys }).blob).toMatchObject({ kind: 's3', s3: { bucket: 'blobs' } });
  });
});

describe('lists', () => {
  it('are empty unless they are set', () => {
    expect(load({})).toMatchObject({ corsOrigins: [], trustedProxies: [], outboundAllow: [] });
  });

  it('are read', () => {
    const config = load({
      COORCHAT_CORS_ORIGINS: 'https://app.example, http://localhost:5173',
      COORCHAT_TRUSTED_PROXIES: '10.0.0.0/8,::1',
      COORCHAT_OUTBOUND_ALLOW: 'git.internal:443',
    });
    expect(config.corsOrigins).toEqual(['https://app.example', 'http://localhost:5173']);
    expect(config.trustedProxies).toEqual(['10.0.0.0/8', '::1']);
    expect(config.outboundAllow).toEqual([{ kind: 'host', pattern: 'git.internal', port: 443 }]);
  });

  it.each([
    ['COORCHAT_CORS_ORIGINS', '*', 'is no origin'],
    ['COORCHAT_CORS_ORIGINS', 'null', 'is no origin'],
    ['COORCHAT_CORS_ORIGINS', 'https://app.example/', 'is no origin'],
    ['COORCHAT_TRUSTED_PROXIES', '2', 'neither an address nor a network'],
    ['COORCHAT_TRUSTED_PROXIES', 'true', 'neither an address nor a network'],
    ['COORCHAT_OUTBOUND_ALLOW', '*', 'neither a network, an address nor a host'],
  ])('%s=%s is refused when it is none', (name, value, problem) => {
    expect(faultsOf({ [name]: value })).toContain(problem);
  });
});
