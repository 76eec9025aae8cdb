import type { SignedIn } from './page.js';

export interface MachineFact {
  readonly label: string;
  readonly value: string;
}

/** A machine that waits for somebody to let it in. */
export interface WaitingMachine {
  /** As the machine shows it. */
  readonly code: string;
  readonly name: string;
  /** What it says of itself: nobody has checked it. */
  readonly facts: readonly MachineFact[];
  readonly skills: readonly string[];
  /** Where this person may put it; none when they may not. */
  readonly clusters: readonly { readonly id: string; readonly name: string; readonly organization: string }[];
}

export interface MachineDecision {
  readonly code: string;
  readonly clusterId: string;
  /** Those of the machine's that it is given. */
  readonly skills: readonly string[];
  readonly who: SignedIn;
}

/** Machines that ask to be enrolled with a code that a person types. */
export abstract class MachineApprovals {
  /** Undefined for a code that is unknown, too old, or was answered. */
  abstract find(code: string, who: SignedIn): Promise<WaitingMachine | undefined>;
  /** @returns false when it is too late, or not theirs to decide */
  abstract approve(decision: MachineDecision): Promise<boolean>;
  abstract refuse(code: string, who: SignedIn): Promise<void>;
}
