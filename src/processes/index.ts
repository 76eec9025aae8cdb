export { ControlPlane, type ControlPlaneOptions } from './control-plane.js';
export { choiceOf, type ProcessChoice } from './process-choice.rules.js';
export { run } from './run.js';
