import { describe, expect, it } from 'vitest';
import { parseConfig } from './config-file.js';
import { takeEnvironment } from './environment.js';
import { settle } from './worker-settings.js';

const environment = {
  enrolmentToken: undefined,
  keyStore: undefined,
  anthropicApiKey: undefined,
  anthropicBaseUrl: undefined,
  home: '/home/owner',
  hostName: 'my.laptop',
  all: {},
};

describe('parseConfig', () => {
  it('reads YAML and JSON, and fills in what is not said', async () => {
    const yaml = await parseConfig('labels: [gpu]\nsandbox: {kind: none, consent: true}', 'w.yaml');
    expect(yaml).toMatchObject({
      labels: ['gpu'],
      maxConcurrent: 2,
      sandbox: { kind: 'none' },
      model: { source: 'relay' },
    });
    expect((await parseConfig('{"maxConcurrent": 9}', 'w.json')).maxConcurrent).toBe(9);
    expect((await parseConfig('', 'w.yaml')).repositories).toEqual([]);
  });

  it('names every unknown key, with its place', async () => {
    await expect(parseConfig('lables: [a]\nsandbox: {knd: auto}', 'w.yaml')).rejects.toThrow(
      /w\.yaml is wrong:[^]*"sandbox\.knd"[^]*"lables" \(known: url, name/,
    );
  });

  it('wants the owner’s consent for work without a sandbox', async () => {
    await expect(parseConfig('sandbox: {kind: none}', 'w.yaml')).rejects.toThrow(/sandbox\.consent: must be true/);
  });

  it('lets facts be narrowed but not invented', async () => {
    await expect(parseConfig('facts: {platform: windows}', 'w.yaml')).rejects.toThrow(/unknown key "facts\.platform"/);
    await expect(parseConfig('facts: {gpu: RTX}', 'w.yaml')).rejects.toThrow(/facts\.gpu/);
  });

  it('says where a file cannot be read as YAML', async () => {
    await expect(parseConfig('a: [', 'w.yaml')).rejects.toThrow(/w\.yaml is neither YAML nor JSON/);
  });
});

describe('settle', () => {
  it('lets the command line win over the file', async () => {
    const config = await parseConfig('url: https://a.example\nname: file', 'w.yaml');
    expect(settle(config, { url: 'https://b.example/base/', name: 'line' }, environment)).toMatchObject({
      url: 'https://b.example/base',
      name: 'line',
      dataDir: '/home/owner/.coorchat/worker',
    });
    expect(settle(config, {}, environment)).toMatchObject({ url: 'https://a.example', name: 'file' });
  });

  it('speaks plain http with this machine only, unless the owner says otherwise', async () => {
    const config = await parseConfig('', 'w.yaml');
    expect(settle(config, { url: 'http://127.0.0.1:7070' }, environment).url).toBe('http://127.0.0.1:7070');
    expect(settle(config, { url: 'http://localhost:7070' }, environment).name).toBe('my.laptop');
    expect(() => settle(config, { url: 'http://10.0.0.5:7070' }, environment)).toThrow(/not encrypted/);
    expect(() => settle(config, { url: 'http://127.0.0.1.evil.example' }, environment)).toThrow(/not encrypted/);
    const daring = await parseConfig('allowInsecureHttp: true', 'w.yaml');
    expect(settle(daring, { url: 'http://10.0.0.5:7070' }, environment).url).toBe('http://10.0.0.5:7070');
  });

  it('takes the machine’s own model key only when its owner chose that', async () => {
    const withKey = { ...environment, anthropicApiKey: 'sk-ant-own' };
    const relay = await parseConfig('url: https://a.example', 'w.yaml');
    expect(settle(relay, {}, withKey).ownKey).toBeUndefined();
    const own = await parseConfig('url: https://a.example\nmodel: {source: own}', 'w.yaml');
    expect(settle(own, {}, withKey).ownKey?.apiKey).toBe('sk-ant-own');
    expect(() => settle(own, {}, environment)).toThrow(/ANTHROPIC_API_KEY is not set/);
  });

  it('keeps the key where the command line says, else the environment, else the file', async () => {
    const config = await parseConfig('url: https://a.example\nkeyStore: keychain', 'w.yaml');
    expect(settle(config, {}, environment).keyStore).toBe('keychain');
    expect(settle(config, {}, { ...environment, keyStore: 'file' }).keyStore).toBe('file');
    expect(settle(config, { keyStore: 'auto' }, { ...environment, keyStore: 'file' }).keyStore).toBe('auto');
    expect(() => takeEnvironment({ COORCHAT_KEY_STORE: 'cloud' })).toThrow(/COORCHAT_KEY_STORE is "cloud"/);
  });
});
