import type { IncomingMessage } from 'node:http';
import proxyAddr from '@fastify/proxy-addr';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/index.js';

/** What Fastify takes for `trustProxy`: only these addresses are believed when they say for whom they speak. */
export function trustProxyOf(trustedProxies: readonly string[]): string[] | false {
  return trustedProxies.length > 0 && [...trustedProxies];
}

/** Whoever called, for requests that Fastify does not see (upgrades); elsewhere it is `request.ip`. */
@Injectable()
export class CallerAddress {
  private readonly trust: (address: string, hop: number) => boolean;

  constructor({ trustedProxies }: AppConfig) {
    this.trust = proxyAddr.compile([...trustedProxies]);
  }

  /** Undefined once the connection is gone. */
  of(request: IncomingMessage): string | undefined {
    return request.socket.remoteAddress === undefined ? undefined : proxyAddr(request, this.trust);
  }
}
