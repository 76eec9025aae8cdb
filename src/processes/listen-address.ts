import { Injectable } from '@nestjs/common';
import { ApiAddress } from '../orchestration/dispatch/index.js';
import { AppConfig } from '../platform/config/index.js';

/** Where others reach this process: what the operator said, else where it listens. */
@Injectable()
export class ListenAddress extends ApiAddress {
  private listening: string | undefined;

  constructor(private readonly config: AppConfig) {
    super();
  }

  set(url: string): void {
    this.listening = url;
  }

  get publicUrl(): string {
    return this.config.publicUrl ?? this.listening ?? `http://${this.config.host}:${this.config.port}`;
  }

  override attemptApiUrl(): string {
    return `${this.publicUrl}/attempt-api`;
  }
}
