import { Pool } from 'undici';

export interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

const CONNECTIONS = 16;

/** Sends the same kind of request over connections that stay open, each with the next one as soon as it is answered. */
export class HttpLoad {
  readonly #pool: Pool;

  constructor(url: string) {
    this.#pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 });
  }

  /** @throws Error for the first answer that is not 200 */
  async run(next: () => Call, ms: number): Promise<{ answered: number; perSecond: number }> {
    const began = performance.now();
    const until = began + ms;
    let answered = 0;
    const lane = async () => {
      for (; performance.now() < until; answered++) await this.#send(next());
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, lane));
    return { answered, perSecond: (answered * 1_000) / (performance.now() - began) };
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #send(call: Call): Promise<void> {
    const answer = await this.#pool.request(call);
    if (answer.statusCode === 200) return answer.body.dump();
    throw new Error(`${call.method} ${call.path}: ${answer.statusCode} ${await answer.body.text()}`);
  }
}
