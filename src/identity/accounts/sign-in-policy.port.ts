/** Where an organization decides how people of its domains sign in. Nobody's matter where it is not bound. */
export abstract class SignInPolicy {
  /**
   * Where the sign-in of this address has to go on; undefined when a password or passkey of ours will do. The page adds
   * `continue`, a path of ours. Called outside of transactions.
   */
  abstract elsewhere(email: string): Promise<URL | undefined>;
}
