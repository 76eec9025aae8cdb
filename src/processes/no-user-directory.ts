import { Injectable } from '@nestjs/common';
import { type Person, UserDirectory } from '../tenancy/index.js';

/** Nobody is known by name until accounts are there. */
@Injectable()
export class NoUserDirectory extends UserDirectory {
  override async people(): Promise<ReadonlyMap<string, Person>> {
    return new Map();
  }
}
