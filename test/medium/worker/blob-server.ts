import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Blobs over HTTP as the control plane serves them, which can be cut at any byte. */
export class BlobServer {
  readonly blobs = new Map<string, { bytes: Buffer; length: number }>();
  readonly calls: string[] = [];
  /** Connections are cut after so many bytes, each number once. */
  cuts: number[] = [];
  readonly server: Server = createServer((request, response) => void this.#serve(request, response));

  private constructor(private readonly token: string) {}

  static async start(token: string): Promise<BlobServer> {
    const blobs = new BlobServer(token);
    await new Promise<void>((resolve) => blobs.server.listen(0, '127.0.0.1', resolve));
    return blobs;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const digest = request.url?.slice('/blobs/'.length) ?? '';
    this.calls.push(`${request.method} ${request.headers['upload-offset'] ?? request.headers.range ?? ''}`.trim());
    if (request.headers.authorization !== `Bearer ${this.token}`) return void response.writeHead(401).end();
    const blob = this.blobs.get(digest);
    if (request.method === 'PATCH') return this.#receive(digest, request, response);
    if (!blob) return void response.writeHead(404).end();
    const complete = blob.bytes.length === blob.length;
    if (request.method === 'HEAD') {
      return void response.writeHead(200, complete ? {} : { 'upload-offset': blob.bytes.length }).end();
    }
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const cut = this.cuts.shift();
    const part = blob.bytes.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': part.length });
    if (cut === undefined) return void response.end(part);
    response.write(part.subarray(0, cut), () => response.destroy());
  }

  async #receive(digest: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const length = Number(request.headers['upload-length']);
    const blob = this.blobs.get(digest) ?? { bytes: Buffer.alloc(0), length };
    this.blobs.set(digest, blob);
    if (Number(request.headers['upload-offset']) !== blob.bytes.length) return void response.writeHead(409).end();
    const cut = this.cuts.shift() ?? Infinity;
    let received = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      const taken = chunk.subarray(0, Math.max(0, cut - received));
      blob.bytes = Buffer.concat([blob.bytes, taken]);
      received += chunk.length;
      if (received >= cut) return void request.destroy();
    }
    const done = blob.bytes.length === length;
    response.writeHead(done ? 201 : 204, { 'upload-offset': blob.bytes.length }).end();
  }
}
