import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { RouteAccessConfig } from './access.decorator.js';

export interface RawRoute extends Pick<RouteOptions, 'method' | 'url' | 'bodyLimit'> {
  readonly config: RouteAccessConfig;
  readonly handler: (request: FastifyRequest, reply: FastifyReply) => unknown;
}

export interface UpgradeRoute {
  readonly path: string;
  /** How the handler knows its caller; an upgrade passes no guard. */
  readonly authenticatedBy: string;
  readonly handler: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** Answers an upgrade with a status line and hangs up, whatever the caller does. */
export function refuseUpgrade(
  socket: Duplex,
  status: string,
  headers: Readonly<Record<string, string | string[]>> = {},
): void {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((each) => `${name}: ${each}\r\n`),
  );
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n${lines.join('')}\r\n`);
}

/**
 * Where rooms put what is more than a Nest controller: protocol endpoints, relays, WebSocket upgrades.
 * Called in `onModuleInit`; each route says who may call it, by `accessConfig` or `publicConfig`.
 */
@Injectable()
export class RawRoutes {
  private readonly upgrades = new Map<string, UpgradeRoute>();

  constructor(private readonly host: HttpAdapterHost) {}

  add(route: RawRoute): void {
    this.server().route(route);
  }

  /** An encapsulated scope, for routes with content type parsers or hooks of their own. */
  plugin(plugin: FastifyPluginAsync): void {
    void this.server().register(plugin);
  }

  upgrade(route: UpgradeRoute): void {
    if (this.upgrades.size === 0) this.listenForUpgrades();
    this.upgrades.set(route.path, route);
  }

  private server(): FastifyInstance {
    return this.host.httpAdapter.getInstance<FastifyInstance>();
  }

  private listenForUpgrades(): void {
    const server: Server = this.server().server;
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // Node takes its own listener away: a caller who hangs up now would end the process.
      socket.on('error', () => socket.destroy());
      const route = this.upgrades.get(request.url?.split('?')[0] ?? '');
      if (route === undefined) refuseUpgrade(socket, '404 Not Found');
      else route.handler(request, socket, head);
    });
  }
}
