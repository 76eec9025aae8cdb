import {
  type BeforeApplicationShutdown,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { Bells } from '../../platform/queue/index.js';
import { LeaseKeeper } from './lease-keeper.service.js';
import { PartedWorkers } from './parted-workers.service.js';
import { SendLoop } from './send-loop.service.js';

/** A bell that got lost costs no more than this. */
const LOOK_EVERY_MS = 5_000;

/** Starts and stops what dispatch does on its own. */
@Injectable()
export class DispatchLifecycle implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  #look: NodeJS.Timeout | undefined;

  constructor(
    private readonly bells: Bells,
    private readonly sender: SendLoop,
    private readonly leases: LeaseKeeper,
    private readonly parted: PartedWorkers,
  ) {}

  onModuleInit(): void {
    this.bells.on('dispatch', () => {
      this.sender.wake();
      return Promise.resolve();
    });
  }

  onApplicationBootstrap(): void {
    this.leases.start();
    this.#look = setInterval(() => this.sender.wake(), LOOK_EVERY_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#look);
    this.leases.stop();
    this.parted.stop();
    await this.sender.stop();
  }
}
