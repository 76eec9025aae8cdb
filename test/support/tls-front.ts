import { webcrypto } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createServer, type Server } from 'node:tls';
import * as x509 from '@peculiar/x509';

const DAY_MS = 86_400_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** For `localhost`, by itself: who is to believe it is given the certificate as an authority. */
async function selfSigned(): Promise<Certificate> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=localhost',
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }]),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return { cert: certificate.toString('pem'), key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----` };
}

/** What ends TLS in front of a control plane: passes bytes on, adds nothing. */
export class TlsFront {
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    /** For NODE_EXTRA_CA_CERTS of those who come in by it. */
    readonly authorityFile: string,
  ) {}

  static async start(options: { readonly targetPort: number; readonly authorityFile: string }): Promise<TlsFront> {
    const certificate = await selfSigned();
    await writeFile(options.authorityFile, certificate.cert);
    const server = createServer(certificate);
    const front = new TlsFront(server, options.authorityFile);
    server.on('secureConnection', (client) => front.#pass(client, connect(options.targetPort, '127.0.0.1')));
    await new Promise<void>((resolve) => server.listen(0, resolve));
    return front;
  }

  get url(): string {
    return `https://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #pass(client: Socket, target: Socket): void {
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
