import type { CostView, TaskView, WorkerView, WorkEvent, WorkView } from '@coorchat/contracts';

interface Items<T> {
  readonly items: T[];
}

async function* eventsOf(response: Response): AsyncGenerator<WorkEvent, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body ?? []) {
    rest += decoder.decode(chunk, { stream: true });
    const frames = rest.split('\n\n');
    rest = frames.pop() ?? '';
    for (const frame of frames) {
      const data = frame.split('\n').find((line) => line.startsWith('data: '));
      if (data) yield JSON.parse(data.slice('data: '.length)) as WorkEvent;
    }
  }
}

/** The control plane's REST API, as far as the demo and the benchmark use it. */
export class Api {
  readonly #url: string;
  readonly #key: string;

  constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  work(id: string): Promise<WorkView> {
    return this.#call('GET', `/v1/work-requests/${id}`);
  }

  tasks(workRequestId: string): Promise<TaskView[]> {
    return this.#call('GET', `/v1/work-requests/${workRequestId}/tasks`);
  }

  async workers(): Promise<WorkerView[]> {
    return (await this.#call<Items<WorkerView>>('GET', '/v1/workers?limit=100')).items;
  }

  async costs(workRequestId: string): Promise<CostView[]> {
    const path = `/v1/costs?limit=100&workRequestId=${workRequestId}`;
    return (await this.#call<Items<CostView>>('GET', path)).items;
  }

  submit(body: object): Promise<WorkView> {
    return this.#call('POST', '/v1/work-requests', body);
  }

  cancel(workRequestId: string): Promise<WorkView> {
    return this.#call('POST', `/v1/work-requests/${workRequestId}/cancel`);
  }

  steer(workerId: string, how: 'pause' | 'resume' | 'drain'): Promise<WorkerView> {
    return this.#call('POST', `/v1/workers/${workerId}/${how}`);
  }

  /** Harmless when it is gone already. */
  async removeWorker(workerId: string): Promise<void> {
    const response = await fetch(`${this.#url}/v1/workers/${workerId}`, { method: 'DELETE', headers: this.#headers() });
    if (!response.ok && response.status !== 404) throw new Error(`DELETE worker: ${response.status}`);
  }

  putRepository(body: object): Promise<unknown> {
    return this.#call('PUT', '/v1/repositories', body);
  }

  async enrolmentToken(): Promise<string> {
    return (await this.#call<{ token: string }>('POST', '/v1/enrolment-tokens', {})).token;
  }

  /** Past and coming events of a work request, until it has ended. */
  async *events(workRequestId: string, afterSeq: number, signal?: AbortSignal): AsyncGenerator<WorkEvent, void> {
    const response = await fetch(`${this.#url}/v1/work-requests/${workRequestId}/events`, {
      headers: { ...this.#headers(), accept: 'text/event-stream', 'last-event-id': String(afterSeq) },
      signal: signal ?? null,
    });
    if (!response.ok) throw new Error(`GET events: ${response.status} ${await response.text()}`);
    yield* eventsOf(response);
  }

  #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.#key}` };
  }

  async #call<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { ...this.#headers(), ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body ? JSON.stringify(body) : null,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }
}
