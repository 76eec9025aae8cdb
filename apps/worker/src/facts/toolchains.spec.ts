import { describe, expect, it } from 'vitest';
import { versionIn } from './toolchains.js';

describe('versionIn', () => {
  it.each([
    ['v24.21.0', '24.21.0'],
    ['Python 3.11.2', '3.11.2'],
    ['openjdk version "21.0.4" 2024-07-16', '21.0.4'],
    ['go version go1.23.4 linux/amd64', '1.23.4'],
    ['rustc 1.82.0 (f6e511eec 2024-10-15)', '1.82.0'],
    ['gcc (Debian 12.2.0-14) 12.2.0', '12.2.0'],
    ['Docker version 27.3.1, build ce12230', '27.3.1'],
    ['GNU Make 4.3\nBuilt for x86_64-pc-linux-gnu', '4.3'],
  ])('reads %j as %s', (text, version) => {
    expect(versionIn(text)).toBe(version);
  });

  it('finds none where there is none', () => {
    expect(versionIn('command not understood')).toBeUndefined();
  });
});
