import { describe, expect, it } from 'vitest';
import { isAllowedAddress, outboundFault, type OutboundPolicy } from './outbound.rules.js';

const STRICT: OutboundPolicy = { allowPrivate: false, allowLoopback: false };
const LOCAL: OutboundPolicy = { allowPrivate: false, allowLoopback: true };
const OPEN: OutboundPolicy = { allowPrivate: true, allowLoopback: false };

const faultOf = (url: string, policy: OutboundPolicy) => outboundFault(new URL(url), policy);

describe('outboundFault', () => {
  it.each(['https://worker.example/a2a', 'https://8.8.8.8/a2a', 'https://[2606:4700::1111]:8443/'])(
    'lets %s pass',
    (url) => expect(faultOf(url, STRICT)).toBeUndefined(),
  );

  it.each([
    'http://worker.example/a2a',
    'http://127.0.0.1:7000/',
    'https://127.0.0.1/',
    'https://10.0.0.7/',
    'https://169.254.169.254/latest',
    'https://[::1]/',
    'https://0x7f000001/',
    'https://2130706433/',
    'https://[::ffff:10.0.0.1]/',
    'https://user:secret@worker.example/',
    'ftp://worker.example/',
  ])('refuses %s', (url) => expect(faultOf(url, STRICT)).toBeTypeOf('string'));

  it.each([
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://0/',
    'https://127.0.0.1./',
    'https://１２７.0.0.1/',
    'https://0xa9.0xfe.0xa9.0xfe/',
    'https://2852039166/',
    'https://100.100.100.200/',
    'https://[::]/',
    'https://[::127.0.0.1]/',
    'https://[::ffff:a9fe:a9fe]/',
    'https://[0:0:0:0:0:ffff:7f00:1]/',
    'https://[64:ff9b::a9fe:a9fe]/',
    'https://[64:ff9b:1::a00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/',
    'https://[fd00:ec2::254]/',
    'https://[fe80::1]/',
    'https://[fec0::1]/',
  ])('is not deceived by %s', (url) => expect(faultOf(url, STRICT)).toBeTypeOf('string'));

  it('speaks plain http to this machine alone, where that is allowed', () => {
    expect(faultOf('http://127.0.0.1:7000/', LOCAL)).toBeUndefined();
    expect(faultOf('http://localhost:7000/', LOCAL)).toBeUndefined();
    expect(faultOf('http://[::1]:7000/', LOCAL)).toBeUndefined();
    expect(faultOf('http://10.0.0.7/', LOCAL)).toBeTypeOf('string');
    expect(faultOf('https://10.0.0.7/', LOCAL)).toBeTypeOf('string');
    expect(faultOf('http://localhost.example/', LOCAL)).toBeTypeOf('string');
  });

  it('goes anywhere when the operator says so, but never with credentials in the URL', () => {
    expect(faultOf('http://10.0.0.7/', OPEN)).toBeUndefined();
    expect(faultOf('http://user@10.0.0.7/', OPEN)).toBeTypeOf('string');
  });
});

describe('isAllowedAddress', () => {
  it('judges what a name was resolved to', () => {
    expect(isAllowedAddress('192.168.0.1', STRICT)).toBe(false);
    expect(isAllowedAddress('127.0.0.1', LOCAL)).toBe(true);
    expect(isAllowedAddress('192.168.0.1', LOCAL)).toBe(false);
    expect(isAllowedAddress('192.168.0.1', OPEN)).toBe(true);
  });
});
