export { BubblewrapSandbox, type BubblewrapOptions } from './bubblewrap-sandbox.js';
export { NoSandbox } from './no-sandbox.js';
export { Sandbox, type SandboxedCommand, type SandboxLimits, type SandboxSpec } from './sandbox.port.js';
export { chooseSandbox, type SandboxPreference } from './sandbox-choice.js';
export { type BubblewrapDetection, detectBubblewrap } from './sandbox-detection.js';
