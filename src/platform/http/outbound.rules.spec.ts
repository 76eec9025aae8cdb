import { describe, expect, it } from 'vitest';
import { parseOutboundEntry } from '../config/index.js';
import { addressFault, destinationOf, outboundFault, outboundPolicy, type OutboundPolicy } from './outbound.rules.js';

const allowing = (...texts: string[]) =>
  outboundPolicy(texts.map(parseOutboundEntry).filter((entry) => entry !== undefined));

const STRICT = allowing();
const LOCAL = outboundPolicy([], 'http://127.0.0.1:7070');

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

  it('goes where the operator says, but never with credentials in the URL', () => {
    const lan = allowing('10.0.0.0/8', '[fd00::7]:8443', 'idp.internal:8080');
    expect(faultOf('http://10.0.0.7/', lan)).toBeUndefined();
    expect(faultOf('https://[::ffff:10.0.0.7]/', lan)).toBeUndefined();
    expect(faultOf('https://[fd00::7]:8443/', lan)).toBeUndefined();
    expect(faultOf('http://idp.internal:8080/', lan)).toBeUndefined();
    expect(faultOf('http://user@10.0.0.7/', lan)).toBe('it contains credentials');
  });

  it('goes nowhere else than the operator says', () => {
    const lan = allowing('10.0.0.0/24:8443', 'idp.internal:8080');
    expect(faultOf('https://10.0.1.7:8443/', lan)).toBeTypeOf('string');
    expect(faultOf('https://10.0.0.7/', lan)).toBeTypeOf('string');
    expect(faultOf('https://127.0.0.1:8443/', lan)).toBeTypeOf('string');
    expect(faultOf('http://idp.internal/', lan)).toBeTypeOf('string');
    expect(faultOf('http://other.internal:8080/', lan)).toBeTypeOf('string');
  });
});

describe('an address that a name led to', () => {
  const judge = (address: string, url: string, policy: OutboundPolicy) =>
    addressFault(address, destinationOf(new URL(url)), policy);

  it('is judged by itself', () => {
    expect(judge('192.168.0.1', 'https://a.example', STRICT)).toBe('it leads into a private network');
    expect(judge('8.8.8.8', 'https://a.example', STRICT)).toBeUndefined();
    expect(judge('127.0.0.1', 'https://localhost', LOCAL)).toBeUndefined();
    expect(judge('192.168.0.1', 'https://a.example', LOCAL)).toBeTypeOf('string');
  });

  it('is taken under a listed name alone', () => {
    const listed = allowing('git.internal:443', '*.corp.example');
    expect(judge('10.0.0.1', 'https://git.internal', listed)).toBeUndefined();
    expect(judge('10.0.0.1', 'https://git.internal.', listed)).toBeUndefined();
    expect(judge('10.0.0.1', 'https://git.internal:8443', listed)).toBeTypeOf('string');
    expect(judge('10.0.0.1', 'https://a.b.corp.example:8443', listed)).toBeUndefined();
    expect(judge('10.0.0.1', 'https://corp.example', listed)).toBeTypeOf('string');
    expect(judge('10.0.0.1', 'https://evilcorp.example', listed)).toBeTypeOf('string');
  });

  it.each(['169.254.169.254', '::ffff:169.254.169.254', '100.100.100.200', 'fd00:ec2::254', 'fe80::1', '0.0.0.0'])(
    'is not %s, which serves the machine, whatever name is listed',
    (address) => {
      expect(judge(address, 'https://git.internal', allowing('git.internal'))).toBeTypeOf('string');
    },
  );

  it('may be one of those when its network is listed', () => {
    expect(judge('169.254.169.254', 'https://a.example', allowing('169.254.169.254/32'))).toBeUndefined();
  });

  it('is called over plain http in listed networks alone', () => {
    expect(judge('10.0.0.1', 'http://a.example', allowing('10.0.0.0/8'))).toBeUndefined();
    expect(judge('8.8.8.8', 'http://a.example', allowing('10.0.0.0/8'))).toBe(
      'plain http is not spoken to other machines',
    );
  });
});
