import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const MIN_PART_BYTES = 5 * 1024 * 1024;

interface Upload {
  readonly key: string;
  readonly startedAt: Date;
  readonly parts: Map<number, Buffer>;
}

interface Call {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | string;
}

const etag = (body: Buffer) => `"${createHash('md5').update(body).digest('hex')}"`;
const xml = (content: string): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>${content}`,
});
const fault = (status: number, code: string): Answer => ({ ...xml(`<Error><Code>${code}</Code></Error>`), status });

/** As much of S3's REST API as the blob store uses, in memory, path style, one bucket, signatures unchecked. */
export class FakeS3 {
  readonly objects = new Map<string, Buffer>();
  readonly uploads = new Map<string, Upload>();
  private readonly server: Server;

  private constructor(readonly bucket: string) {
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  static async start(bucket = 'test-bucket'): Promise<FakeS3> {
    const fake = new FakeS3(bucket);
    await new Promise<void>((resolve) => fake.server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const url = new URL(request.url ?? '/', 'http://s3');
    const [bucket, ...rest] = decodeURIComponent(url.pathname).slice(1).split('/');
    const call: Call = {
      method: request.method ?? 'GET',
      key: rest.join('/'),
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(chunks),
    };
    const answer = bucket === this.bucket ? this.answer(call) : fault(404, 'NoSuchBucket');
    response.writeHead(answer.status, answer.headers);
    response.end(call.method === 'HEAD' ? undefined : answer.body);
  }

  private answer(call: Call): Answer {
    if (call.query.has('uploads') || call.query.has('uploadId')) return this.multipart(call);
    switch (call.method) {
      case 'PUT':
        return this.put(call);
      case 'GET':
      case 'HEAD':
        return this.read(call);
      case 'DELETE':
        this.objects.delete(call.key);
        return { status: 204 };
      default:
        return fault(405, 'MethodNotAllowed');
    }
  }

  private put(call: Call): Answer {
    const from = call.headers['x-amz-copy-source'];
    if (from === undefined) {
      this.objects.set(call.key, call.body);
      return { status: 200, headers: { etag: etag(call.body) } };
    }
    const source = decodeURIComponent(String(from)).replace(`${this.bucket}/`, '').replace(/^\//, '');
    const body = this.objects.get(source);
    if (!body) return fault(404, 'NoSuchKey');
    this.objects.set(call.key, body);
    return xml(`<CopyObjectResult><ETag>${etag(body)}</ETag></CopyObjectResult>`);
  }

  private read(call: Call): Answer {
    const body = this.objects.get(call.key);
    if (!body) return fault(404, 'NoSuchKey');
    const range = /^bytes=(\d+)-(\d+)$/.exec(call.headers.range ?? '');
    const part = range ? body.subarray(Number(range[1]), Number(range[2]) + 1) : body;
    const headers = { 'content-length': String(part.length), etag: etag(body) };
    return { status: range ? 206 : 200, headers, body: part };
  }

  private multipart(call: Call): Answer {
    const id = call.query.get('uploadId');
    if (id === null) return call.method === 'POST' ? this.startUpload(call) : this.listUploads(call);
    const upload = this.uploads.get(id);
    if (!upload) return fault(404, 'NoSuchUpload');
    switch (call.method) {
      case 'PUT':
        upload.parts.set(Number(call.query.get('partNumber')), call.body);
        return { status: 200, headers: { etag: etag(call.body) } };
      case 'GET':
        return this.listParts(upload);
      case 'POST':
        return this.complete(id, upload);
      default:
        this.uploads.delete(id);
        return { status: 204 };
    }
  }

  private startUpload({ key }: Call): Answer {
    const id = randomUUID();
    this.uploads.set(id, { key, startedAt: new Date(), parts: new Map() });
    return xml(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
  }

  private listUploads({ query }: Call): Answer {
    const rows = [...this.uploads]
      .filter(([, upload]) => upload.key.startsWith(query.get('prefix') ?? ''))
      .map(
        ([id, upload]) =>
          `<Upload><Key>${upload.key}</Key><UploadId>${id}</UploadId><Initiated>${upload.startedAt.toISOString()}</Initiated></Upload>`,
      );
    return xml(
      `<ListMultipartUploadsResult>${rows.join('')}<IsTruncated>false</IsTruncated></ListMultipartUploadsResult>`,
    );
  }

  private listParts(upload: Upload): Answer {
    const rows = [...upload.parts].map(
      ([number, body]) =>
        `<Part><PartNumber>${number}</PartNumber><ETag>${etag(body)}</ETag><Size>${body.length}</Size></Part>`,
    );
    return xml(`<ListPartsResult>${rows.join('')}<IsTruncated>false</IsTruncated></ListPartsResult>`);
  }

  private complete(id: string, upload: Upload): Answer {
    const parts = [...upload.parts].sort(([a], [b]) => a - b).map(([, body]) => body);
    if (parts.slice(0, -1).some((part) => part.length < MIN_PART_BYTES)) return fault(400, 'EntityTooSmall');
    this.objects.set(upload.key, Buffer.concat(parts));
    this.uploads.delete(id);
    return xml(`<CompleteMultipartUploadResult><Key>${upload.key}</Key></CompleteMultipartUploadResult>`);
  }
}
