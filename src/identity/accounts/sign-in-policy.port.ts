/** How people of an address's domain sign in, where their organization says so. */
export abstract class SignInPolicy {
  /** Where the sign-in of this address is to go on; undefined when a password may be asked for. */
  abstract elsewhere(email: string): Promise<URL | undefined>;
}
