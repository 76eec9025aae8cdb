import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/index.js';
import { httpErrors } from './http.errors.js';

/** Where others reach this control plane: what the operator set, else where it listens. */
@Injectable()
export class PublicUrl {
  private listeningOn: string | undefined;

  constructor(private readonly config: AppConfig) {}

  /** Without trailing slash. @throws AppError `http.shutting_down` before the server listens */
  get value(): string {
    if (this.known === undefined) throw httpErrors.shuttingDown();
    return this.known;
  }

  /** Undefined before the server listens. */
  get known(): string | undefined {
    return this.config.publicUrl ?? this.listeningOn;
  }

  listening(url: string): void {
    this.listeningOn = url;
  }
}
