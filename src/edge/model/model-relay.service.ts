import { Readable } from 'node:stream';
import type { AttemptClaims } from '../../identity/index.js';
import { AppError, messageOf, newId, type TenantContext, tenantContext } from '@coorchat/kernel';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { AttemptReader, ModelMeter } from '../../orchestration/task/index.js';
import { AppConfig } from '../../platform/config/index.js';
import { UnitOfWork } from '../../platform/db/index.js';
import { Logger } from '../../platform/telemetry/index.js';
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { type RelayedBody, relayedBodySchema } from './relayed-body.schema.js';
import { RunningCalls } from './running-calls.js';
import { callUpstream, passedBack, type UpstreamRequest } from './upstream.js';
import { type CountedUsage, StreamUsageReader, usageOfBrokenMessage, usageOfMessage } from './usage-reader.js';

export interface RelayedCall {
  readonly claims: AttemptClaims;
  readonly callId: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

export interface RelayedAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Readable | string;
}

interface AdmittedCall extends RelayedCall {
  readonly ctx: TenantContext;
  readonly model: string;
  readonly maxTokens: number;
}

/**
 * Passes model calls of attempts on to the Messages API: sets money aside first, lets the bytes
 * through unchanged, and records the API's own usage, whoever listens to the end or not.
 */
@Injectable()
export class ModelRelay implements BeforeApplicationShutdown {
  readonly #running = new RunningCalls();

  constructor(
    private readonly uow: UnitOfWork,
    private readonly meter: ModelMeter,
    private readonly attempts: AttemptReader,
    private readonly config: AppConfig,
    private readonly logger: Logger,
  ) {}

  beforeApplicationShutdown(): Promise<void> {
    return this.#running.drain(this.config.shutdownGraceMs);
  }

  /** @throws AppError of the kinds that `sendFault` translates */
  async call(call: RelayedCall): Promise<RelayedAnswer> {
    const { apiKey, baseUrl } = this.#upstream();
    const body = relayedBodySchema.safeParse(call.body);
    if (!body.success) throw invalid(z.prettifyError(body.error));
    const signal = this.#running.start(call.callId);
    try {
      const admitted = await this.#admit(call, body.data);
      const text = JSON.stringify({ ...body.data, max_tokens: admitted.maxTokens });
      return await this.#pass(admitted, { apiKey, baseUrl, headers: call.headers, body: text, signal });
    } catch (error) {
      this.#running.end(call.callId);
      throw error;
    }
  }

  #upstream(): { apiKey: string; baseUrl: string } {
    const { apiKey, baseUrl } = this.config.model;
    if (apiKey) return { apiKey, baseUrl };
    throw new AppError({
      code: 'model.not_configured',
      kind: 'precondition',
      message: 'The control plane has no model key. Set ANTHROPIC_API_KEY and start it again.',
    });
  }

  async #admit(call: RelayedCall, body: RelayedBody): Promise<AdmittedCall> {
    const { orgId, attemptId, workRequestId, workerId } = call.claims;
    const ctx = tenantContext({
      orgId,
      actor: { kind: 'worker', id: workerId },
      scopes: new Set(['task:report']),
      requestId: newId('request'),
    });
    const live = await this.uow.tenantRead(ctx, (tx) => this.attempts.live(tx, attemptId));
    if (live?.fence !== call.claims.fence) throw attemptEnded();
    const decision = await this.meter.hold(ctx, {
      workRequestId,
      attemptId,
      callId: call.callId,
      model: body.model,
      promptChars: JSON.stringify(body).length,
      maxTokens: body.max_tokens,
      budgetMicros: live.grant.budgetMicros,
    });
    if (!decision.granted) {
      const kind = decision.reason.code === 'metering.budget_exhausted' ? 'quota' : 'forbidden';
      throw new AppError({ ...decision.reason, kind });
    }
    return { ...call, ctx, model: body.model, maxTokens: decision.maxTokens };
  }

  async #pass(call: AdmittedCall, request: UpstreamRequest): Promise<RelayedAnswer> {
    const response = await callUpstream(request).catch((error: unknown) => this.#giveUp(call, error));
    const headers = passedBack(response.headers);
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
    if (response.ok && isStream && response.body) {
      return { status: response.status, headers, body: this.#relayStream(call, response.body) };
    }
    const text = await response.text().catch((error: unknown) =>
      // Headers of a whole answer come when it is written: it was charged, whatever of it arrives.
      this.#giveUp(call, error, response.ok ? brokenAnswer(call, request, response) : undefined),
    );
    await this.#settle(call, response.ok ? usageOfMessage(text) : undefined);
    return { status: response.status, headers, body: text };
  }

  async #giveUp(call: AdmittedCall, error: unknown, charged?: CountedUsage): Promise<never> {
    await this.#settle(call, charged);
    throw unreachable(error);
  }

  /** The upstream is read to its end even when the worker is gone: what it costs must be known. */
  #relayStream(call: AdmittedCall, source: ReadableStream<Uint8Array>): Readable {
    const usage = new StreamUsageReader(call);
    let resume: (() => void) | undefined;
    const out = new Readable({ read: () => resume?.() });
    out.once('close', () => resume?.());
    const pump = async () => {
      for await (const chunk of source) {
        usage.read(chunk);
        if (out.destroyed || out.push(chunk)) continue;
        await new Promise<void>((resolve) => (resume = resolve));
      }
    };
    void pump()
      .then(
        () => undefined,
        (error: unknown) => error,
      )
      .then(async (error) => {
        await this.#settle(call, usage.usage);
        if (error === undefined) out.push(null);
        else out.destroy(new Error(`The model's answer broke off: ${messageOf(error)}`));
      })
      .catch((error: unknown) => out.destroy(new Error('The relay failed.', { cause: error })));
    return out;
  }

  async #settle(call: AdmittedCall, counted: CountedUsage | undefined): Promise<void> {
    const { ctx, callId, claims } = call;
    const { workRequestId, taskId, attemptId, workerId } = claims;
    try {
      if (!counted) return await this.meter.release(ctx, callId);
      await this.meter.settle(ctx, {
        callId,
        workRequestId,
        taskId,
        attemptId,
        workerId,
        model: call.model,
        usage: counted.usage,
        estimated: counted.estimated,
        purpose: 'attempt',
      });
    } catch (error) {
      this.logger.error('a model call could not be recorded', { callId, error });
    } finally {
      this.#running.end(call.callId);
    }
  }
}

function brokenAnswer(
  { model, maxTokens }: AdmittedCall,
  { body }: UpstreamRequest,
  { headers }: Response,
): CountedUsage {
  const bytes = Number(headers.get('content-length') ?? Number.NaN);
  return usageOfBrokenMessage({ model, prompt: body, maxTokens, answerBytes: Number.isNaN(bytes) ? undefined : bytes });
}

function invalid(message: string): AppError {
  return new AppError({ code: 'model.invalid_request', kind: 'invalid', message });
}

function unreachable(cause: unknown): AppError {
  const message = `The model could not be reached: ${messageOf(cause)}`;
  return new AppError({ code: 'model.unreachable', kind: 'unavailable', message, cause });
}

function attemptEnded(): AppError {
  return new AppError({
    code: 'model.attempt_ended',
    kind: 'forbidden',
    message: 'This attempt has ended: it may call the model no more.',
  });
}
