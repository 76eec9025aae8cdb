export interface Person {
  readonly name: string;
  readonly email: string;
  readonly emailVerified: boolean;
}

/** Who the users are whose ids members carry. Users are global; implemented by identity. */
export abstract class UserDirectory {
  /** By user id; unknown users are left out. Called outside of transactions. */
  abstract people(userIds: readonly string[]): Promise<ReadonlyMap<string, Person>>;
}
