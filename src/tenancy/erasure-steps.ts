import { Injectable } from '@nestjs/common';

export interface ErasureStep {
  readonly name: string;
  /** May be called again after a failure, and finds nothing then. */
  readonly erase: (orgId: string) => Promise<void>;
}

/** What an organization leaves outside of the database: rooms say here how it goes. Before the rows, which name it. */
@Injectable()
export class ErasureSteps {
  private readonly list: ErasureStep[] = [];

  get steps(): readonly ErasureStep[] {
    return this.list;
  }

  add(step: ErasureStep): void {
    this.list.push(step);
  }
}
